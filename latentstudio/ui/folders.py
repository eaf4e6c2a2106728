"""Where dialogs begin: the folder that was last used for such a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PySide6.QtCore import QSettings

Kind = Literal["session", "picture", "film", "checkpoint"]
LAST = "last"


class Folders:
    """Remembers a folder for each kind of file, and the very last.

    Parameters
    ----------
    settings
        Where they are kept; None: for as long as this lives.
    """

    def __init__(self, settings: QSettings | None = None) -> None:
        self._settings = settings
        self._own: dict[str, str] = {}

    def of(self, kind: Kind | None = None) -> str:
        """The folder of that kind, or of the last file of any; empty while none is known."""
        for name in (kind, LAST):
            folder = self._read(name) if name else ""
            if folder and _is_folder(folder):
                return folder
        return ""

    def beside(self, name: str, kind: Kind) -> str:
        """A file name in the folder of its kind; a whole path stays as it is."""
        return str(Path(self.of(kind), name))

    def used(self, kind: Kind, path: Path) -> None:
        """A file of that kind was opened or saved."""
        for name in (kind, LAST):
            self._write(name, str(path.absolute().parent))

    def _read(self, name: str) -> str:
        if self._settings is None:
            return self._own.get(name, "")
        return str(self._settings.value(f"folders/{name}", ""))

    def _write(self, name: str, folder: str) -> None:
        self._own[name] = folder
        if self._settings is not None:
            self._settings.setValue(f"folders/{name}", folder)


def _is_folder(text: str) -> bool:
    try:
        return Path(text).is_dir()
    except (OSError, ValueError):
        return False  # such as a network folder that does not answer
