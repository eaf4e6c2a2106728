"""The sides after the window was narrow."""

from __future__ import annotations

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
