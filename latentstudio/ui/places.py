"""Where the window keeps what it remembers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_config_path, user_data_path, user_state_path


@dataclass(frozen=True)
class Places:
    """Paths of this user; tests and screenshots give their own.

    Attributes
    ----------
    settings
        The INI file with the window's geometry and docks.
    state
        Folder of autosaves, the session left open and the recent files.
    directions
        Folder of sliders of one's own.
    differences
        Folder of fine tunings.
    """

    settings: Path
    state: Path
    directions: Path
    differences: Path

    @classmethod
    def of_user(cls) -> Places:
        """The folders that the system wants us to use."""
        config = user_config_path("latentstudio", appauthor=False)
        data = user_data_path("latentstudio", appauthor=False)
        state = user_state_path("latentstudio", appauthor=False)
        return cls(config / "window.ini", state, data / "directions", data / "differences")

    @classmethod
    def under(cls, folder: Path) -> Places:
        """Everything under one folder."""
        kept = (folder / "state", folder / "directions", folder / "differences")
        return cls(folder / "window.ini", *kept)
