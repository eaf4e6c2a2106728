"""Where differences are kept: a folder of the user's own, and folders beside sessions. No torch."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from latentstudio.atomic import SaveError, write_atomic
from latentstudio.checkpoints.difference_header import (
    MAX_BYTES,
    is_digest,
    read_difference_header,
)
from latentstudio.checkpoints.errors import CheckpointError, reason

if TYPE_CHECKING:
    from latentstudio.checkpoints.difference import Difference


def beside(session: str | os.PathLike[str]) -> Path:
    """The folder for the differences of a session, beside its file: ``NAME.differences``."""
    return Path(session).with_suffix(".differences")


class Differences:
    """Differences at hand, found by content hash, which is also the name of their files.

    Parameters
    ----------
    folder
        Made when first written to; None for the one in the user's data folder.

    Notes
    -----
    Methods may be called from any thread. Files that are gone or damaged are passed over.
    """

    def __init__(self, folder: Path | None = None) -> None:
        data = Path(platformdirs.user_data_dir("latentstudio", appauthor=False))
        self._folders = [folder or data / "differences"]

    def add(self, difference: Difference) -> str:
        """Keep a difference; returns its content hash.

        Raises
        ------
        CheckpointError
            One sentence: it cannot be written.
        """
        from latentstudio.checkpoints.difference import encode_difference

        content, digest = encode_difference(difference)
        _write(self._folders[0] / _file(digest), content)
        return digest

    def also(self, folder: str | os.PathLike[str]) -> None:
        """Look in this folder, too, such as the one :func:`beside` a session."""
        if Path(folder) not in self._folders:
            self._folders = [*self._folders, Path(folder)]

    def locate(self, content_hash: str) -> Path | None:
        """The file that holds the difference with a content hash; None when none does.

        Only headers are read: loading verifies the values.
        """
        if not is_digest(content_hash):
            return None
        for folder in self._folders:
            path = folder / _file(content_hash)
            if _holds(path, content_hash):
                return path
        return None

    def copy_beside(
        self, session: str | os.PathLike[str], content_hashes: Iterable[str]
    ) -> list[str]:
        """Copy differences into the folder beside a session, so that both can be taken along.

        Parameters
        ----------
        session
            The session's file.
        content_hashes
            Empty ones are passed over.

        Returns
        -------
        list of str
            Those that are not here.

        Raises
        ------
        CheckpointError
            One sentence: one cannot be read or written.
        """
        folder, missing = beside(session), []
        for content_hash in sorted(set(content_hashes) - {""}):
            source, target = self.locate(content_hash), folder / _file(content_hash)
            if source is None:
                missing.append(content_hash)
            elif not _holds(target, content_hash):
                _write(target, _content(source))
        return missing


def _file(content_hash: str) -> str:
    return f"{content_hash}.safetensors"


def _holds(path: Path, content_hash: str) -> bool:
    try:
        return read_difference_header(path).content_hash == content_hash
    except CheckpointError:
        return False


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be read ({reason(error)}): check the file and its permissions"
        ) from error


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content)
    except SaveError as error:
        raise CheckpointError(str(error)) from error
    except OSError as error:
        raise CheckpointError(
            f"{path.parent} cannot be made ({reason(error)}): choose another place"
        ) from error
