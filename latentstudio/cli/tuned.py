"""``--difference``: a generator as a fine tuning leaves it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from latentstudio.cli.common import read_header

if TYPE_CHECKING:
    from latentstudio.generators.protocol import Generator


class Tuning(NamedTuple):
    """A difference, found and known to be one of the checkpoint.

    Attributes
    ----------
    path, content_hash
        Its file, and what sampling and recipe call it.
    """

    path: Path
    content_hash: str

    @classmethod
    def of(cls, checkpoint: Path, given: Path) -> Tuning:
        """Find a difference by its file, or by the content hash of one that the studio keeps.

        Raises
        ------
        click.ClickException
            One sentence: none is kept under that hash, or it is of another checkpoint.
        CheckpointError
            One sentence: no such file, or no sound difference in it.
        """
        from latentstudio.checkpoints.difference_header import is_digest, read_difference_header
        from latentstudio.checkpoints.differences import Differences

        path: Path | None = given
        if is_digest(str(given)) and not given.exists():
            path = Differences().locate(str(given))
        if path is None:
            raise click.ClickException(
                f"no fine tuning with the content hash {str(given)[:8]}… is kept here: give its"
                " file with --difference"
            )
        header, own = read_difference_header(path), read_header(checkpoint).info.content_hash
        if header.checkpoint != own:
            raise click.ClickException(
                f"{path} is a fine tuning of the checkpoint {header.checkpoint[:8]}…, and"
                f" {checkpoint} is {own[:8]}…: give the two that belong together"
            )
        return cls(path, header.content_hash)

    def applied(self, generator: Generator) -> Generator:
        """The checkpoint's generator, tuned; a sentence (CheckpointError) where it cannot be."""
        from latentstudio.checkpoints.difference import applied, read_difference
        from latentstudio.checkpoints.trial import try_out

        tuned = applied(generator, read_difference(self.path, self.content_hash))
        try_out(tuned, self.path)
        return tuned
