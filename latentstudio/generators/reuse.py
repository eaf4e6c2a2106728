"""What the last picture went through, so that the next one starts behind what is unchanged."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from torch import Tensor, nn

State = tuple[Tensor, Tensor | None, Tensor | None]
"""Features, their scale and the picture so far, as they enter a block."""

_LIMIT = 256 * 2**20  # bytes: the inputs of all blocks of a 1024 px network in float32


def weights_token(module: nn.Module) -> Hashable:
    """Something that changes whenever weights do, in place or by replacement.

    Inference tensors count no versions: with one among them no two tokens are equal.
    """
    tensors = [*module.parameters(), *module.buffers()]
    if any(tensor.is_inference() for tensor in tensors):
        return object()
    return tuple((tensor.data_ptr(), tensor._version) for tensor in tensors)


class Activations:
    """The inputs of a network's blocks, for one model at a time; inference only.

    What is kept is what the same operations would give again, bit by bit. Not safe to use from
    several threads at once.

    Parameters
    ----------
    limit
        Bytes to keep at most; inputs that do not fit are computed again.

    Attributes
    ----------
    start
        The block at which the last synthesis began: 0 when nothing could be reused.
    """

    def __init__(self, limit: int = _LIMIT) -> None:
        self.limit = limit
        self.start = 0
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._facts: Hashable = None
        self._ws: Tensor | None = None
        self._needs: list[tuple[Hashable, int]] = []
        self._states: dict[int, State] = {}

    @property
    def nbytes(self) -> int:
        """Bytes kept."""
        return sum(_bytes(state) for state in self._states.values())

    def resume(
        self, facts: Hashable, ws: Tensor, needs: Sequence[tuple[Hashable, int]]
    ) -> tuple[int, State | None]:
        """Where to start, and the state there (None for the very beginning).

        Parameters
        ----------
        facts
            What every block depends on: weights, noise.
        ws
            [n, num_layers, w_dim].
        needs
            For each block to be drawn, what it alone depends on, and how many rows of ``ws`` it
            and all blocks before it read.
        """
        fresh = self._fresh(facts, ws, needs)
        self._states = {i: state for i, state in self._states.items() if i <= fresh}
        # Blocks that are not drawn this time keep their needs only while nothing before changed.
        beyond = self._needs[len(needs) :] if fresh >= len(needs) else []
        self._facts, self._ws, self._needs = facts, ws.clone(), [*needs, *beyond]
        usable = [i for i in self._states if i < len(needs)]
        self.start = max(usable, default=0)
        return self.start, self._states.get(self.start)

    def keep(self, block: int, state: State) -> bool:
        """Keep the input of a block if it fits: it must not be written to then."""
        if block == 0:
            return False
        if block not in self._states and self.nbytes + _bytes(state) > self.limit:
            return False
        self._states[block] = state
        return True

    def _fresh(self, facts: Hashable, ws: Tensor, needs: Sequence[tuple[Hashable, int]]) -> int:
        """How many blocks, from the first on, would compute what they did the last time."""
        old = self._ws
        if (
            facts != self._facts
            or old is None
            or (old.shape, old.dtype, old.device)
            != (
                ws.shape,
                ws.dtype,
                ws.device,
            )
        ):
            return 0
        same: list[bool] = (old == ws).all(dim=2).all(dim=0).tolist()
        rows = same.index(False) if False in same else len(same)
        count = 0
        # Needs of blocks that are not drawn this time hold if their rows do.
        for now, before in zip([*needs, *self._needs[len(needs) :]], self._needs, strict=False):
            if now != before or now[1] > rows:
                break
            count += 1
        return count


def _bytes(state: State) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in state if tensor is not None)
