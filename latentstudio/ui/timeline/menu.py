"""What is done with a timeline as a whole."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget

from latentstudio.ui.timeline.files import TimelineFiles
from latentstudio.ui.timeline.model import TimelineModel

_DEEDS = (
    ("gallery", "Put &gallery on the timeline", "take_gallery",
     "Kept points become keys behind those that there are; undo takes them away"),
    ("open", "&Open timeline…", "open", "Take a timeline from a file in the place of this one"),
    ("save", "&Save timeline…", "save", "Write it to a small file; a film carries it as well"),
    ("clear", "&Clear timeline", "clear", "Keys, walks and beats go; undo brings them back"),
)  # fmt: skip


class TimelineMenu(QMenu):
    """The button More.

    Attributes
    ----------
    deeds
        The actions by name: gallery, open, save, clear.
    """

    def __init__(self, model: TimelineModel, files: TimelineFiles, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self.setToolTipsVisible(True)
        self.deeds = {}
        for name, text, method, tip in _DEEDS:
            action = self.addAction(text)
            action.setToolTip(tip)
            action.setObjectName(f"timeline.{name}")
            action.triggered.connect(getattr(files, method))
            self.deeds[name] = action
        self.aboutToShow.connect(self._on_show)

    def _on_show(self) -> None:
        self.deeds["gallery"].setEnabled(bool(self._model.document.gallery))
        for name in ("save", "clear"):
            self.deeds[name].setEnabled(not self._model.empty)
