"""The complete state of a training run, and its files.

A snapshot is one safetensors file: the weights of both networks and of the averaged
generator, both Adam states, the random state, and as JSON in the header the counters and
the configuration. It holds no code, and it is written beside and renamed, so that a kill at
any moment leaves the last whole snapshot as it was.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from latentstudio.atomic import write_atomic
from latentstudio.generators.growth import Grows, Growth
from latentstudio.generators.protocol import Generator
from trainer.config import RunConfig
from trainer.errors import TrainingError
from trainer.tensors import checksum, restore_adam, under

FORMAT = "latentstudio-training-1"
_NAME = re.compile(r"snapshot-(\d{10})(-keep|-best)?\.safetensors")


@dataclass
class TrainingState:
    """What a run is at one moment.

    Attributes
    ----------
    generator, average, discriminator
        The networks; ``average`` is the moving average of ``generator``.
    opt_g, opt_d
        Their optimisers.
    images
        Real pictures seen: also the sampler's position.
    step
        Optimiser iterations done.
    seconds, cpu_seconds
        Time spent in training, over all sessions of the run: by the clock, and of the
        processor, which does not count what else the machine was doing.
    path_mean
        Running mean of path lengths, a scalar.
    augment_p
        Probability of adaptive augmentation, a scalar.
    growth
        How far the networks have grown; the full resolution where they do not grow.
    best
        The lowest FID of the run's evaluations; None before the first.
    tally
        By name: sum and count [2] of each statistic since the last line of the log.
    """

    generator: Generator
    average: Generator
    discriminator: nn.Module
    opt_g: torch.optim.Adam
    opt_d: torch.optim.Adam
    images: int = 0
    step: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    path_mean: Tensor = field(default_factory=lambda: torch.zeros(()))
    augment_p: Tensor = field(default_factory=lambda: torch.zeros(()))
    growth: Growth = field(default_factory=lambda: Growth(0))
    best: float | None = None
    tally: dict[str, Tensor] = field(default_factory=dict)

    @property
    def device(self) -> torch.device:
        """Where the networks live."""
        return self.generator.device

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The three networks by name."""
        return {
            "generator": self.generator,
            "average": self.average,
            "discriminator": self.discriminator,
        }

    def grow(self, growth: Growth) -> None:
        """Let all networks draw and judge at this point of their growth."""
        self.growth = growth
        for network in self.networks.values():
            if isinstance(network, Grows) and network.growing:
                network.set_growth(growth)


class Header(msgspec.Struct, frozen=True):
    """The JSON part of a snapshot."""

    format: str
    config: RunConfig
    images: int
    step: int
    seconds: float
    channels: int
    crc32: int
    cpu_seconds: float = 0.0
    num_classes: int = 0
    labels: tuple[str, ...] = ()
    # Where the growth stood at the last step: a level's beginning resets the optimisers.
    growth: Growth = Growth(0)
    best: float | None = None


def encode(state: TrainingState, config: RunConfig) -> bytes:
    """A snapshot's bytes: equal states give equal bytes."""
    tensors = _gather(state)
    header = Header(
        format=FORMAT,
        config=config,
        images=state.images,
        step=state.step,
        seconds=state.seconds,
        channels=state.generator.channels,
        crc32=checksum(tensors),
        cpu_seconds=state.cpu_seconds,
        num_classes=state.generator.num_classes,
        labels=state.average.labels,
        growth=state.growth,
        best=state.best,
    )
    text = msgspec.json.encode(header).decode()
    return save_tensors(tensors, metadata={"training": text})


def read_snapshot(path: Path) -> tuple[Header, dict[str, Tensor]]:
    """Header and tensors of a snapshot file, checked against its checksum.

    Raises
    ------
    TrainingError
        If the file is missing, damaged, or of another kind.
    """
    try:
        raw = path.read_bytes()
        header = _read_header(raw)
        tensors = load_tensors(raw)
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error.strerror}.") from error
    except (SafetensorError, msgspec.MsgspecError, ValueError, KeyError, struct.error) as error:
        raise TrainingError(f"{path} is damaged or no snapshot: {error}.") from error
    if header.format != FORMAT:
        raise TrainingError(f"{path} has the format {header.format!r}, not {FORMAT!r}.")
    if checksum(tensors) != header.crc32:
        raise TrainingError(f"{path} is damaged: its checksum does not match.")
    return header, tensors


def restore(state: TrainingState, header: Header, tensors: dict[str, Tensor]) -> None:
    """Put a snapshot's contents into freshly built networks and optimisers, in place.

    Also sets torch's global random state, so that the next step draws what it would have
    drawn.

    Raises
    ------
    TrainingError
        If the snapshot belongs to other networks.
    """
    try:
        for name in state.networks:
            state.networks[name].load_state_dict(under(tensors, name))
        for name in ("opt_g", "opt_d"):
            restore_adam(getattr(state, name), under(tensors, name))
        state.path_mean = tensors["path_mean"].to(state.device)
        if "augment_p" in tensors:
            state.augment_p = tensors["augment_p"].to(state.device)
        state.tally = {k: v.to(state.device) for k, v in under(tensors, "tally").items()}
        torch.set_rng_state(tensors["random.cpu"])
        if state.device.type == "cuda" and "random.cuda" in tensors:
            torch.cuda.set_rng_state(tensors["random.cuda"], state.device)
    except (KeyError, RuntimeError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise TrainingError(f"The snapshot does not fit these networks: {first}") from error
    state.images, state.step, state.seconds = header.images, header.step, header.seconds
    state.cpu_seconds, state.best = header.cpu_seconds, header.best
    if header.growth.resolution:
        state.grow(header.growth)


class Snapshots:
    """The snapshot files of one run: the last two, the best one, and those that stay.

    Parameters
    ----------
    folder
        Created on the first save.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def paths(self) -> list[Path]:
        """Snapshot files, oldest first; the best one after another of the same moment."""
        if not self.folder.is_dir():
            return []
        found = [path for path in self.folder.iterdir() if _NAME.fullmatch(path.name)]
        # At the end of a run the best one is the later of the two: it knows its own FID.
        return sorted(found, key=lambda p: (p.name.split("-")[1][:10], _mark(p) == "-best"))

    def best(self) -> Path | None:
        """The snapshot with the lowest FID, where an evaluation has chosen one."""
        chosen = [path for path in self.paths() if _mark(path) == "-best"]
        return chosen[-1] if chosen else None

    def save(
        self, state: TrainingState, config: RunConfig, keep: bool = False, best: bool = False
    ) -> Path:
        """Write a snapshot and remove the ones it supersedes.

        Parameters
        ----------
        state, config
            What to store.
        keep
            Never remove this one.
        best
            This one takes the place of the best one.

        Raises
        ------
        TrainingError
            If it cannot be written (a full disk); the snapshots before it stay.
        """
        stem = self.folder / f"snapshot-{state.images:010d}"
        path = stem.with_name(f"{stem.name}-keep.safetensors")
        if best:
            path = stem.with_name(f"{stem.name}-best.safetensors")
        elif not keep and not path.exists():
            path = stem.with_name(f"{stem.name}.safetensors")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomic(path, encode(state, config))
            # All but the last two, the best and the kept ones have served their purpose.
            chosen = [p for p in self.paths() if _mark(p) == "-best"]
            regular = [p for p in self.paths() if _mark(p) != "-best"]
            for old in chosen[:-1] + [p for p in regular[:-2] if not _mark(p)]:
                old.unlink()
        except OSError as error:
            raise TrainingError(f"{error}; the earlier snapshots are intact.") from error
        return path

    def load(self) -> tuple[Path, Header, dict[str, Tensor], list[str]]:
        """The newest snapshot that is whole.

        Returns
        -------
        tuple
            Its path, header and tensors, and one sentence for each newer one that is not.

        Raises
        ------
        TrainingError
            If there is none.
        """
        complaints: list[str] = []
        for path in reversed(self.paths()):
            try:
                return path, *read_snapshot(path), complaints
            except TrainingError as error:
                complaints.append(f"{error} Falling back to the snapshot before it.")
        if complaints:
            raise TrainingError(f"No whole snapshot is left in {self.folder}.")
        raise TrainingError(f"There is no snapshot in {self.folder}.")


def _mark(path: Path) -> str:
    match = _NAME.fullmatch(path.name)
    return (match[2] or "") if match else ""


def _gather(state: TrainingState) -> dict[str, Tensor]:
    """All tensors of a state under flat names, contiguous and on the CPU."""
    tensors: dict[str, Tensor] = {"random.cpu": torch.get_rng_state()}
    if state.device.type == "cuda":
        tensors["random.cuda"] = torch.cuda.get_rng_state(state.device)
    tensors["path_mean"], tensors["augment_p"] = state.path_mean, state.augment_p
    tensors |= {f"tally.{name}": value for name, value in state.tally.items()}
    for name, network in state.networks.items():
        for key, value in network.state_dict().items():
            tensors[f"{name}.{key}"] = value
    for name in ("opt_g", "opt_d"):
        for index, slots in getattr(state, name).state_dict()["state"].items():
            for key, value in slots.items():
                tensors[f"{name}.{index}.{key}"] = value
    return {k: v.detach().cpu().contiguous().clone() for k, v in sorted(tensors.items())}


def _read_header(raw: bytes) -> Header:
    (length,) = struct.unpack("<Q", raw[:8])
    if length > len(raw) - 8:
        raise ValueError("it ends too early")
    outer = msgspec.json.decode(raw[8 : 8 + length])
    return msgspec.json.decode(outer["__metadata__"]["training"], type=Header)
