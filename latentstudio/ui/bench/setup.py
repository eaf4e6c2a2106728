"""What is to be inspected, and the buttons that start, stop and go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from latentstudio.document.recipe import MAX_SEED
from latentstudio.ui.bench.wish import NUM, NUMS, PARTS, Wish
from latentstudio.ui.numbers.status import Status
from latentstudio.ui.widgets.combo import Combo
from latentstudio.ui.widgets.field import NumberField
from latentstudio.ui.widgets.metrics import FIELD, GAP, ROW, STEP
from latentstudio.ui.widgets.segmented import Segment

if TYPE_CHECKING:
    from latentstudio.ui.bench.model import Session

MINUTE = 60
SHORT = ("dci", "mig", "sap")
READY = "Choose what to find out, then press Start: the picture keeps being drawn meanwhile."
CHOOSE = "Choose something to find out."


class BenchSetup(QWidget):
    """Two rows: choices and buttons, and how far it is.

    Signals
    -------
    started(Wish)
        The hand wants this inspected.
    stopped(), continued()
        The hand wants it to rest, or to go on.
    edited()
        Other choices.
    """

    started = Signal(object)
    stopped = Signal()
    continued = Signal()
    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session: Session | None = None
        self._ready = True
        self.parts: dict[str, Segment] = {}
        for key, words, tip in PARTS:
            part = self.parts[key] = Segment(words, tip)
            part.setObjectName(f"bench.part.{key}")
            part.setAccessibleName(words)
            part.setChecked(True)
            part.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            part.toggled.connect(self._on_edited)
        self.num = Combo()
        self.num.fill([(f"{n:,} samples", n) for n in NUMS])
        self.num.choose(NUM)
        self.num.setMinimumContentsLength(13)
        self.num.setToolTip("More samples: surer numbers, and longer")
        self.seed = NumberField(0, MAX_SEED, step=1, decimals=0)
        self.seed.setFixedWidth(FIELD)
        self.seed.setToolTip("Other seeds, other samples")
        self.start, self.turn = QPushButton("Start"), QPushButton("Stop")
        self.status = Status()
        for widget, name, words in (
            (self.num, "num", "Samples"),
            (self.seed, "seed", "Seed"),
            (self.start, "start", "Start"),
            (self.turn, "turn", "Stop"),
            (self.status, "status", ""),
        ):
            widget.setObjectName(f"bench.{name}")
            widget.setAccessibleName(words)
        self._arrange()
        self.num.activated.connect(self._on_edited)
        self.seed.edited.connect(self._on_edited)
        self.start.clicked.connect(lambda: self.started.emit(self.wish()))
        self.turn.clicked.connect(self._on_turn)

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(STEP)
        for part in self.parts.values():
            row.addWidget(part)
        row.addSpacing(GAP)
        row.addWidget(self.num)
        row.addSpacing(STEP)
        row.addWidget(QLabel("Seed"))
        row.addWidget(self.seed)
        row.addStretch(1)
        for button in (self.start, self.turn):
            button.setFixedHeight(ROW)
            button.setMinimumWidth(84)
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(row)
        column.addWidget(self.status)

    def wish(self) -> Wish:
        """What is chosen."""
        parts = tuple(key for key, part in self.parts.items() if part.isChecked())
        return Wish(parts, self.num.currentData(), round(self.seed.value()))

    def show_session(self, session: Session | None, trouble: str) -> None:
        """Show how far it is; ``trouble`` says why nothing can be started ("" where it can)."""
        self._session, self._ready = session, not trouble
        self._offer()
        going = self._going
        self.turn.setVisible(session is not None and session.state != "done" and self._ready)
        words = "Stop" if going else "Continue"
        self.turn.setText(words)
        self.turn.setAccessibleName(words)
        self.show_progress(trouble)

    def show_progress(self, trouble: str = "") -> None:
        """Show what it is at, and the time left."""
        session = self._session
        if trouble or session is None:
            ready = READY if self.wish().parts else CHOOSE
            self.status.show_status("", trouble or ready, 0.0)
        else:
            self.status.show_status("", progress_words(session), session.share)

    @property
    def _going(self) -> bool:
        return self._session is not None and self._session.state == "going"

    def _offer(self) -> None:
        """Offer to start what is chosen, unless just that is under way."""
        same = self._session is not None and self._session.wish.asks_same(self.wish())
        news = not (self._going and same)
        self.start.setEnabled(self._ready and news and bool(self.wish().parts))

    def _on_turn(self) -> None:
        (self.stopped if self._going else self.continued).emit()

    def _on_edited(self) -> None:
        self._offer()
        self.edited.emit()


def progress_words(session: Session) -> str:
    """Say such as ``43%: paths in z, full. About 1 min 10 s left.``."""
    if session.trouble:
        return session.trouble
    about = f"{session.wish.num:,} samples of seed {session.wish.seed}"
    if session.state == "done":
        return f"Done: {about}."
    at = f"{session.share:.0%}"
    if session.state == "resting":
        return f"Stopped at {at}. Continue goes on there; nothing is lost."
    left = f". About {time_words(session.left)} left" if session.left >= 0 else ""
    words = session.title.split() or ["getting", "ready"]
    title = " ".join(word.upper() if word in SHORT else word for word in words)
    return f"{at}: {title}{left}."


def time_words(seconds: float) -> str:
    """``40 s``, ``1 min 10 s``, ``12 min``, ``1 h 5 min``."""
    whole = max(1, round(seconds))
    minutes, rest = divmod(whole, MINUTE)
    if minutes < 1:
        return f"{rest} s"
    if minutes < 5:
        return f"{minutes} min {rest // 10 * 10} s"
    hours, minutes = divmod(minutes, MINUTE)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
