"""What is to be inspected, and the command line that finds out the same. No Qt, no torch."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latentstudio.metrics.inspect.plan import Plan

# In the order of the command line: key, title, tip.
PARTS = [
    ("ppl", "Path length", "Perceptual path length: how evenly pictures change in a space"),
    ("separability", "Separability", "Whether planes part those who show an attribute from others"),
    ("dci", "DCI", "Disentanglement, completeness and informativeness of the codes"),
    ("mig", "MIG", "Mutual information gap: whether one code alone tells an attribute"),
    ("sap", "SAP", "Whether one code alone predicts an attribute"),
    ("layers", "Layers", "Which layers decide which attribute"),
    ("leakage", "Leakage", "What moving one attribute does to all the others"),
]
NAMES = tuple(key for key, _, _ in PARTS)
NUMS = (500, 1000, 2000, 5000)
NUM = 2000
BATCH = 16  # pictures at a time: about a frame's time, so that the hand is not kept waiting
AUTO = "auto"  # the bundled classifier
_FEWEST_MOVED = 50


@dataclass(frozen=True)
class Wish:
    """What to find out about a generator.

    Attributes
    ----------
    parts
        Some of :data:`NAMES`.
    num, seed
        Samples, and what they are drawn from.
    classifier
        File of what reads the attributes, or :data:`AUTO`.
    """

    parts: tuple[str, ...] = NAMES
    num: int = NUM
    seed: int = 0
    classifier: str = AUTO

    @property
    def paths(self) -> int:
        """Paths behind each path length: as the command line has it at 2,000 samples."""
        return self.num // 2

    @property
    def moved(self) -> int:
        """Samples that layers and directions are tried on."""
        return max(_FEWEST_MOVED, self.num // 20)

    def adds_to(self, other: Wish) -> bool:
        """Whether it is about the same samples, read by the same classifier."""
        mine = self.num, self.seed, self.classifier
        return mine == (other.num, other.seed, other.classifier)

    def asks_same(self, other: Wish) -> bool:
        """Whether it asks the same of the same samples, whoever reads them."""
        mine = self.parts, self.num, self.seed
        return mine == (other.parts, other.num, other.seed)

    def command(self, checkpoint: Path | None) -> str:
        """``latentstudio inspect …``; ValueError, one sentence, without a file or parts."""
        if checkpoint is None:
            raise ValueError("the command needs a checkpoint that is here: open one first")
        if not self.parts:
            raise ValueError("the command needs something to find out: choose a part")
        words = ["latentstudio", "inspect", str(checkpoint)]
        if self.classifier != AUTO:
            words += ["--classifier", self.classifier]
        if self.parts != NAMES:
            words += ["--only", ",".join(self.parts)]
        numbers = {"num": self.num, "paths": self.paths, "moved": self.moved, "seed": self.seed}
        for name, number in (numbers | {"batch": BATCH}).items():
            words += [f"--{name}", str(number)]
        return shlex.join(words)

    def plan(self, checkpoint: Path | None) -> Plan:
        """The same for the bench; finished parts are kept where the command line finds them."""
        from latentstudio.metrics.inspect.plan import Plan
        from latentstudio.metrics.measure.kept import Kept, default_folder

        return Plan(
            parts=self.parts,
            num=self.num,
            paths=self.paths,
            moved=self.moved,
            seed=self.seed,
            batch=BATCH,
            kept=Kept(default_folder()),
            command=self.command(checkpoint) if checkpoint is not None else "",
        )
