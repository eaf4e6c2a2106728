"""PySide6 6.12 on Python 3.11 loses a reference to None in most void methods.

The process then aborts after some thousand slider moves. pyproject.toml keeps that version out;
when this test passes with a newer one, the pin can be lifted knowingly.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractSlider, QApplication, QScrollBar

MOVES = 2000


def test_slider_moves_lose_no_reference_to_none(qtbot, window, settled):
    slider = next(
        slider
        for slider in window.docks["truncation"].panel.findChildren(QAbstractSlider)
        if not isinstance(slider, QScrollBar) and slider.isVisible()
    )
    start = window.studio.document.recipe
    middle = slider.height() // 2

    def drag(moves):
        for step in range(moves):
            qtbot.mouseMove(slider, QPoint(10 + step % (slider.width() - 20), middle))
            if step % 200 == 0:
                QApplication.processEvents()

    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(10, middle))
    drag(100)
    before = sys.getrefcount(None)
    drag(MOVES)
    after = sys.getrefcount(None)
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(10, middle))
    assert window.studio.document.recipe != start
    # Immortal on Python 3.12 and later, where both are the same number.
    assert abs(after - before) < MOVES // 2
    settled(window)
    window.studio.document.undo()
    assert window.studio.document.recipe == start
