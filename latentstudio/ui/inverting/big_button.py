"""The look of the one button that a person is to press next."""

from __future__ import annotations

from latentstudio.ui.theme import ACCENT, ACCENT_DEEP, BACKDROP, HOVER, INK, INK_FAINT, RAISED

TALL = "QPushButton { min-height: 24px; }"
BIG = f"""
QPushButton {{ background: {ACCENT}; color: {BACKDROP}; border: 1px solid {ACCENT};
    font-weight: 600; min-height: 24px; }}
QPushButton:focus {{ border-color: {INK}; }}
QPushButton:hover {{ background: {ACCENT}; border-color: {HOVER}; }}
QPushButton:pressed {{ background: {ACCENT_DEEP}; }}
QPushButton:disabled {{ background: {RAISED}; border-color: {RAISED}; color: {INK_FAINT}; }}
"""
