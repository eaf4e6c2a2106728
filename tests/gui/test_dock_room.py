"""The sides after the window was narrow."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QTabBar

PADDING = 10  # px of a tab, by the style sheet


def tabs_cut(window):
    return [
        bar.tabText(i)
        for bar in window.findChildren(QTabBar)
        if bar.isVisible()
        for i in range(bar.count())
        if bar.tabRect(i).width() < bar.fontMetrics().horizontalAdvance(bar.tabText(i)) + PADDING
    ]


def test_tabs_are_whole_again_after_the_window_was_narrow(qtbot, make_window):
    window = make_window(size=(1440, 900))
    assert tabs_cut(window) == []
    width = window.docks["source"].width()
    window.resize(900, 600)
    qtbot.waitUntil(lambda: window.docks["source"].width() < width)
    assert "Neighbours" in tabs_cut(window)
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: window.docks["source"].width() == width)
    assert tabs_cut(window) == []


def test_a_start_in_a_narrow_window_remembers_the_wide_one(qtbot, make_window):
    first = make_window(size=(1440, 900))
    width = first.docks["source"].width()
    first.resize(900, 600)
    qtbot.waitUntil(lambda: first.docks["source"].width() < width)
    first.close()
    again = make_window(size=(900, 600))
    again.resize(1440, 900)
    qtbot.waitUntil(lambda: again.docks["source"].width() == width)


def test_a_side_that_was_dragged_wider_is_as_wide_again(qtbot, make_window):
    window = make_window(size=(1440, 900))
    dock = window.docks["source"]
    before = dock.width()
    edge = dock.mapTo(window, QPoint(dock.width() + 2, dock.height() // 2))
    qtbot.mousePress(window, Qt.MouseButton.LeftButton, pos=edge)
    qtbot.mouseMove(window, edge + QPoint(30, 0))
    qtbot.mouseMove(window, edge + QPoint(60, 0))
    qtbot.waitUntil(lambda: dock.width() > before + 40)
    qtbot.mouseRelease(window, Qt.MouseButton.LeftButton, pos=edge + QPoint(60, 0))
    width = dock.width()
    window.resize(900, 600)
    qtbot.waitUntil(lambda: dock.width() < width)
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: dock.width() == width)
