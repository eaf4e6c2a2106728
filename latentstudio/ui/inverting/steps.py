"""Undo and redo of what the hand does to a photograph: its square, and the paint on it.

Both say how a picture is looked at, and are no part of any recipe: they have a history of their
own, which begins anew with each photograph, and of which the document's knows nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from latentstudio.document.history import History
from latentstudio.ui.inverting.mask import packed

if TYPE_CHECKING:
    from latentstudio.data.intake import Crop
    from latentstudio.ui.inverting.mask import Mask
    from latentstudio.ui.inverting.picture_source import PictureSource


@dataclass(frozen=True)
class Cut:
    """What the history goes through.

    Attributes
    ----------
    crop
        The square; None before there is a photograph.
    paint
        On the square, as :func:`~latentstudio.ui.inverting.mask.packed` gives it.
    """

    crop: Crop | None = None
    paint: bytes = b""


class Steps(QObject):
    """The history of one photograph.

    Signals
    -------
    changed()
        There is another present, or other steps to be undone or redone.
    gone()
        As ``changed``, and by no brush: a step was undone or redone, or a history begun.
    """

    changed = Signal()
    gone = Signal()

    def __init__(self, source: PictureSource, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self._history = History(Cut())
        source.picture_changed.connect(self._on_picture)

    @property
    def cut(self) -> Cut:
        """The present."""
        return self._history.present

    @property
    def undo_label(self) -> str:
        """What undo would take back; empty when there is nothing."""
        return self._history.undo_label or ""

    @property
    def redo_label(self) -> str:
        """What redo would bring back; empty when there is nothing."""
        return self._history.redo_label or ""

    def begin(self, cut: Cut) -> None:
        """Forget all steps, and stand here."""
        self._history = History(cut)
        self._go()

    def frame(self, crop: Crop, merge: str) -> None:
        """Take another square; equal keys in a row fold into one step."""
        self._push("Crop", replace(self.cut, crop=crop), merge)
        self._source.set_crop(crop)

    def paint(self, label: str, mask: Mask, merge: str) -> None:
        """Take another mask; equal keys in a row fold into one step."""
        self._push(label, replace(self.cut, paint=packed(mask)), merge)

    def undo(self) -> None:
        """Go one step back, if there is one."""
        if self._history.undo():
            self._go()

    def redo(self) -> None:
        """Go one step forward again, if there is one."""
        if self._history.redo():
            self._go()

    def _push(self, label: str, cut: Cut, merge: str) -> None:
        if cut != self.cut:
            self._history.push(label, cut, merge)
            self.changed.emit()

    def _go(self) -> None:
        if self.cut.crop is not None:
            self._source.set_crop(self.cut.crop)
        self.gone.emit()
        self.changed.emit()

    def _on_picture(self) -> None:
        self.begin(Cut(self._source.crop))
