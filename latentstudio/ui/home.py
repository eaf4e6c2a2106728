"""The file that a session belongs to: remembered, and looked after. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from latentstudio.document.document import State

KEY = "file"  # in the view of a session that was kept without being asked
Stamp = tuple[int, int]


class _Packed(msgspec.Struct, frozen=True):
    path: str
    stamp: Stamp | None


@dataclass
class Home:
    """Where Save writes to.

    Attributes
    ----------
    path
        The file; None while there is none.
    saved
        The state that it holds (without a file: that the session began with); None where it is
        in no file.
    stamp
        Time of change in ns and size in bytes of the file when it was last read or written.
    view
        Of the window, while another session has its place.
    """

    path: Path | None = None
    saved: State | None = None
    stamp: Stamp | None = None
    view: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What to call it."""
        return self.path.name if self.path else "untitled"

    @property
    def missing(self) -> bool:
        """Whether the file has gone."""
        return self.path is not None and _stamp(self.path) is None

    @property
    def overtaken(self) -> bool:
        """Whether somebody else has changed the file since."""
        now = _stamp(self.path) if self.path else None
        return now is not None and now != self.stamp

    def settle(self, path: Path | None, state: State | None) -> None:
        """The file holds this state now."""
        self.path, self.saved = path, state
        self.stamp = _stamp(path) if path else None

    def packed(self) -> dict[str, Any]:
        """For the view of a session that is kept; see :meth:`unpacked`."""
        if self.path is None:
            return {}
        return {KEY: msgspec.to_builtins(_Packed(str(self.path.absolute()), self.stamp))}

    @classmethod
    def unpacked(cls, view: dict[str, Any]) -> Home:
        """What :meth:`packed` gave; a home without a file where there is nothing sound."""
        try:
            kept = msgspec.convert(view.get(KEY), _Packed)
        except msgspec.ValidationError:
            return cls()
        return cls(Path(kept.path), stamp=kept.stamp)

    @property
    def trouble(self) -> str:
        """A sentence where the file is not as it was left; else empty."""
        if self.missing:
            return f"{self.name} is not there any more: Save writes it anew."
        if self.overtaken:
            return f"{self.name} was changed by another program since: Save asks where to."
        return ""


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size
