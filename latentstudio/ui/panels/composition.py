"""The composition panel: who is among the samples, and who is missing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from latentstudio.ui.describe import DOT
from latentstudio.ui.numbers.visibility import Attention
from latentstudio.ui.panels.base import NO_GENERATOR, Panel
from latentstudio.ui.samples.compared import Composer, Composition
from latentstudio.ui.samples.legend import Legend
from latentstudio.ui.samples.minorities import Trace
from latentstudio.ui.samples.minority_plot import MinorityPlot
from latentstudio.ui.samples.question_row import QuestionRows
from latentstudio.ui.samples.share_chart import ShareChart
from latentstudio.ui.samples.source import attributes_of, sampling_words
from latentstudio.ui.samples.worker import Worker
from latentstudio.ui.widgets.hint import Hint
from latentstudio.ui.widgets.rows import Heading
from latentstudio.ui.widgets.segmented import Segmented
from latentstudio.ui.wording import sentence

if TYPE_CHECKING:
    from latentstudio.generators.info import GeneratorInfo
    from latentstudio.ui.panels.context import PanelContext
    from latentstudio.ui.samples.source import Numbers

WAITING = "The composition appears as soon as samples are measured."
NO_CLASSIFIER = (
    "These features belong to no attribute classifier: choose a classifier's features among the"
    " numbers to see what the samples are made of."
)
ODDS_TIP = """Equality of odds asks for equal chances of a right and of a wrong outcome in every
group"""
VIEWS = [
    ("attributes", "Attributes", "Every attribute's shares, the most different first"),
    (
        "groups",
        "Between groups",
        "Demographic parity: is an outcome as likely in every group? Equality of odds: is it seen"
        " as often where it is, and where it is not?",
    ),
]


class CompositionPanel(Panel):
    """Shares of every attribute among samples against the data, and fairness between groups."""

    title = "Composition"
    name = "composition"

    def __init__(self, studio: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.numbers: Numbers = studio.numbers
        self.composition: Composition | None = None
        self._worker, self._composer, self._attention = Worker(self), Composer(), Attention(self)
        self.facts = Hint()
        self.facts.setObjectName("composition.facts")
        self.legend = Legend()
        self.chart = ShareChart()
        self.chart.setObjectName("composition.chart")
        self.chart.setAccessibleName("Shares of attributes")
        self.view = Segmented(VIEWS)
        self.view.setObjectName("composition.view")
        self.view.choose("attributes")
        self.question = QuestionRows()
        self.parity, self.odds = ShareChart(), ShareChart()
        self.parity.setObjectName("composition.parity")
        self.odds.setObjectName("composition.odds")
        self.odds_heading = Heading("Equality of odds")
        self.odds_heading.setToolTip(ODDS_TIP)
        self.note = Hint()
        self.note.setObjectName("composition.note")
        self.truncation = Heading("What truncation does to minorities")
        self.minorities = MinorityPlot()
        self.minorities.setObjectName("composition.minorities")
        self._trace = Trace()
        self._shared = (self.facts, self.view, self.legend)
        self._groups = (self.question, self.parity, self.odds_heading, self.note, self.odds)
        for widget in (
            *self._shared,
            *self._groups,
            self.truncation,
            self.minorities,
            self.chart,
        ):
            self.column.addWidget(widget)
        self.column.addStretch(1)

        self.numbers.samples_changed.connect(self._on_samples)
        self._attention.changed.connect(self._on_attention)
        self.question.asked.connect(self._on_asked)
        self.view.chosen.connect(self._on_view)
        self.numbers.follow_visibility(self)
        self._show(None)
        self.refresh()

    def show_info(self, info: GeneratorInfo | None) -> None:
        """There must be a generator."""
        if info is None:
            self._worker.forget()
            self._show(None)
        self._explain()

    def compare(self, soon: bool = False) -> None:
        """Compare the newest samples with the data, away from the window."""
        attributes = attributes_of(self.numbers)
        self.question.set_attributes(attributes)
        self._explain()
        samples, reals, info = self.numbers.samples(), self.numbers.reals, self.document.info
        if not attributes or info is None:
            self._show(None)
        elif self._attention.seen and samples is not None and reals is not None:
            features, question = self.numbers.features, self.question.question()
            work = partial(self._composer, samples, reals, features, question, info.labels)
            self._worker.ask(work, self._on_compared, soon=soon)

    def stop(self) -> None:
        """Wait for what is being compared (the window is going)."""
        self._worker.stop()

    def _explain(self) -> None:
        if self.document.info is None:
            self.say(NO_GENERATOR)
        elif self.numbers.features is not None and not attributes_of(self.numbers):
            self.say(NO_CLASSIFIER)
        else:
            self.say("" if self.composition is not None else WAITING)

    def _on_compared(self, result: Composition | Exception) -> None:
        if isinstance(result, Exception):
            self.say(sentence(result))
            return
        self._show(result)
        self._explain()

    def _show(self, composition: Composition | None) -> None:
        self.composition = composition
        groups = self.view.choice() == "groups"
        for widgets, fits in (
            (self._shared, True),
            (self._groups, groups),
            ((self.chart,), not groups),
        ):
            for widget in widgets:
                widget.setVisible(composition is not None and fits)
        if composition is not None:
            self._trace.add(composition)
        self._show_trace()
        if composition is None:
            return
        setting = sampling_words(composition.sampling, self.document.info)
        self.facts.say(
            DOT.join([setting, f"{composition.n:,} samples", f"{composition.m:,} pictures"])
        )
        self.chart.show_blocks(composition.blocks)
        self.parity.show_blocks(composition.parity)
        self.odds.show_blocks(composition.odds)
        self.note.setText(composition.note)

    def _show_trace(self) -> None:
        lines = self._trace.lines() if self.composition is not None else ()
        self.minorities.show_lines(lines)
        for widget in (self.truncation, self.minorities):
            widget.setVisible(bool(lines) and self.view.choice() == "attributes")

    def _on_samples(self) -> None:
        self.compare()

    def _on_asked(self) -> None:
        self.compare(soon=True)

    def _on_view(self, _choice: str) -> None:
        self._show(self.composition)

    def _on_attention(self) -> None:
        if self._attention.seen:
            self.compare()
        else:
            self._worker.forget()
