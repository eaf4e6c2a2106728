"""Generators in memory, by content hash. torch is imported only when one is loaded."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from latentstudio.engine.cache import LRU
from latentstudio.engine.errors import EngineError, SupersededError
from latentstudio.engine.preview import Previews, reduced_precision

if TYPE_CHECKING:
    from torch import Tensor

    from latentstudio.engine.graphs import Graphs
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.generators.protocol import Generator
    from latentstudio.latents.principal import PrincipalAxes

_POINTS = 256  # mapped points kept for each generator: some hundred kilobytes


class Model:
    """A generator with what has been worked out about it.

    Parameters
    ----------
    generator
        The network.
    base
        The model that this one is a tuned copy of, which maps points alike: what was worked out
        about its latents is shared.

    Attributes
    ----------
    generator, info
        The network and its facts.
    memo
        Mapped points.
    previews
        How to draw one.
    activations
        What the last picture went through; None where the family cannot restart.
    graphs
        Captured synthesis; None but on CUDA.
    superseded
        Asked before each layer; where it says yes, drawing ends in a SupersededError.
    """

    def __init__(self, generator: Generator, base: Model | None = None) -> None:
        from latentstudio.generators.reuse import Activations

        self.generator = generator
        self.info: GeneratorInfo = generator.info
        self.memo: LRU[Tensor] = base.memo if base else LRU(_POINTS)
        self.previews = Previews(self.info.resolution, reduced_precision(generator))
        cuda = generator.device.type == "cuda"
        # On CUDA a replayed graph costs less than what could be reused.
        self.activations = Activations() if generator.can_reuse and not cuda else None
        self.graphs = _graphs() if cuda else None
        self._axes: LRU[PrincipalAxes] = base._axes if base else LRU(8)
        self.superseded: Callable[[], bool] = never
        if not cuda:  # there nothing takes long, and a capture must not be cut short
            for layer in getattr(generator, "synthesis", generator).children():
                layer.register_forward_pre_hook(self._go_on)

    def _go_on(self, *_: object) -> None:
        if self.superseded():
            raise SupersededError

    def __deepcopy__(self, _: object) -> Model:
        return self  # a copy of the generator ends where this one does

    @property
    def nbytes(self) -> int:
        """Bytes of the weights and of what is kept beside them."""
        return _nbytes([self])

    def forget(self) -> None:
        """Drop everything that can be worked out again."""
        self.memo.clear()
        for kept in (self.activations, self.graphs):
            if kept is not None:
                kept.clear()

    def axes(self, label: int | None) -> PrincipalAxes:
        """Principal axes of a class, worked out on first use (about a second)."""
        from latentstudio.latents.principal import principal_axes

        return self._axes(label, lambda: principal_axes(self.generator, label=label))


class Models:
    """Load by key, keep the most recently used.

    A key is the content hash of a checkpoint, or of a checkpoint and a difference from it with
    ``+`` between, as :attr:`~latentstudio.document.recipe.Recipe.generator` has it.

    Parameters
    ----------
    locate
        Content hash, of a checkpoint or a difference, to file; None when it is not here.
    limit
        How many generators stay in memory.
    """

    def __init__(self, locate: Callable[[str], Path | None], limit: int = 3) -> None:
        self._locate, self._limit = locate, limit
        self._kept: LRU[Model] = LRU(limit)

    def bound(self, room: int) -> None:
        """Keep no more bytes than ``room`` beside the newest model; before the first is loaded."""
        self._kept = LRU(self._limit, room, _nbytes)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._kept

    def get(self, key: str, device: str) -> Model:
        """The model of that key on that device.

        Raises
        ------
        EngineError
            When no file holds it, or the file holds another generator by now.
        CheckpointError
            When its file cannot be opened, or its difference is of another checkpoint.
        """
        checkpoint, _, difference = key.partition("+")
        if not checkpoint:
            raise EngineError("No checkpoint is open: open one first")
        if difference:
            return self._kept(key, lambda: self._tune(checkpoint, difference, device))
        return self._kept(key, lambda: self._load(checkpoint, device))

    def keep_only(self, key: str) -> None:
        """Drop the others, and everything worked out: memory ran out."""
        self._kept.keep_only(key)
        if key in self._kept:
            self._kept(key, _never).forget()

    def _load(self, content_hash: str, device: str) -> Model:
        from latentstudio.checkpoints.store import load_generator

        path = self._locate(content_hash)
        short = content_hash[:8]
        if path is None:
            raise EngineError(
                f"The checkpoint {short}… is not here: open its file, or the folder that holds it"
            )
        generator = load_generator(path, device=device)
        if generator.content_hash != content_hash:
            raise EngineError(
                f"{path} holds another generator by now ({generator.content_hash[:8]}…) than the"
                f" one asked for ({short}…): open the file that holds it"
            )
        return Model(generator)

    def _tune(self, checkpoint: str, difference: str, device: str) -> Model:
        from latentstudio.checkpoints.difference import applied, read_difference
        from latentstudio.checkpoints.trial import try_out

        base = self.get(checkpoint, device)
        path = self._locate(difference)
        if path is None:
            raise EngineError(
                f"The fine tuning {difference[:8]}… of this picture is not here: open its session"
                " where its folder of differences lies beside it, or draw without fine tuning"
            )
        generator = applied(base.generator, read_difference(path, difference))
        try_out(generator, path)
        return Model(generator, base)


def _nbytes(models: Iterable[Model]) -> int:
    """Bytes of models together: what a tuned copy shares with its original counts once."""
    weights, kept = {}, 0
    for model in models:
        kept += model.activations.nbytes if model.activations else 0
        for tensor in (*model.generator.parameters(), *model.generator.buffers()):
            storage = tensor.untyped_storage()
            weights[tensor.device, storage.data_ptr()] = storage.nbytes()
    return sum(weights.values()) + kept


def _graphs() -> Graphs:
    from latentstudio.engine.graphs import Graphs

    return Graphs()


def never() -> bool:
    """False: nothing supersedes what is drawn."""
    return False


def _never() -> Model:
    raise KeyError
