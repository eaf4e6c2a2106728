"""The look: neutral greys that leave the picture its colours, and one accent."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from latentstudio.checkpoints.bundled import resources_folder

# Neutral on purpose: a tinted surround shifts how the eye reads skin.
BACKDROP = "#111112"  # behind the picture
WINDOW = "#19191a"  # between the docks
PANEL = "#1f1f21"
RAISED = "#2b2b2e"  # buttons
HOVER = "#353539"
FIELD = "#151516"  # sunk: entries, grooves
LINE = "#303034"
INK = "#dcdcde"
INK_DIM = "#97979d"
INK_FAINT = "#66666c"
ACCENT = "#e6a85a"
ACCENT_DEEP = "#8a642f"
ALERT = "#e0695f"

FONT_PIXELS = 13


def palette() -> QPalette:
    """The studio's palette, for Fusion."""
    p = QPalette()
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    for which, colour in (
        (role.Window, PANEL),
        (role.WindowText, INK),
        (role.Base, FIELD),
        (role.AlternateBase, PANEL),
        (role.Text, INK),
        (role.PlaceholderText, INK_FAINT),
        (role.Button, RAISED),
        (role.ButtonText, INK),
        (role.BrightText, ALERT),
        (role.ToolTipBase, RAISED),
        (role.ToolTipText, INK),
        (role.Highlight, ACCENT),
        (role.HighlightedText, BACKDROP),
        (role.Link, ACCENT),
        (role.Accent, ACCENT),
        (role.Light, HOVER),
        (role.Midlight, RAISED),
        (role.Mid, LINE),
        (role.Dark, FIELD),
        (role.Shadow, "#000000"),
    ):
        p.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        p.setColor(group.Disabled, which, QColor(INK_FAINT))
    p.setColor(group.Disabled, role.Highlight, QColor(LINE))
    p.setColor(group.Disabled, role.Accent, QColor(LINE))
    return p


QSS = f"""
QMainWindow, QMainWindow::separator {{ background: {WINDOW}; }}
QMainWindow::separator {{ width: 4px; height: 4px; }}
QMainWindow::separator:hover {{ background: {ACCENT_DEEP}; }}
QToolTip {{ background: {RAISED}; color: {INK}; border: 1px solid {LINE}; padding: 4px 8px; }}

QMenuBar {{ background: {WINDOW}; padding: 2px 4px; }}
QMenuBar::item {{ padding: 4px 8px; border-radius: 4px; background: transparent;
    color: {INK_DIM}; }}
QMenuBar::item:selected {{ background: {RAISED}; color: {INK}; }}
QMenu {{ background: {PANEL}; border: 1px solid {LINE}; padding: 4px; }}
QMenu::item {{ padding: 4px 24px 4px 12px; border-radius: 4px; }}
QMenu::item:selected {{ background: {HOVER}; }}
QMenu::item:disabled {{ color: {INK_FAINT}; }}
QMenu::separator {{ height: 1px; background: {LINE}; margin: 4px 8px; }}
QMenu::icon {{ padding-left: 8px; }}

QToolBar {{ background: {WINDOW}; border: none; border-bottom: 1px solid #000; padding: 4px 8px;
    spacing: 4px; }}
QToolBar::separator {{ background: {LINE}; width: 1px; margin: 6px 4px; }}
QToolBar QToolButton {{ background: transparent; border: none; border-radius: 4px; padding: 4px; }}
QToolBar QToolButton:hover {{ background: {RAISED}; }}
QToolBar QToolButton:pressed, QToolBar QToolButton:checked {{ background: {HOVER}; }}
QToolButton#checkpoint {{ padding: 4px 24px 4px 12px; color: {INK}; font-weight: 600; }}
QToolButton#checkpoint::menu-indicator {{ subcontrol-position: right center;
    subcontrol-origin: padding; left: -8px; width: 8px; }}

QDockWidget > QWidget {{ background: {PANEL}; }}
QWidget#dockTitle {{ background: {PANEL}; }}
QWidget#dockTitle QLabel {{ color: {INK_DIM}; font-weight: 600; }}
QWidget#dockTitle QToolButton {{ border: none; background: transparent; border-radius: 4px;
    padding: 2px; }}
QWidget#dockTitle QToolButton:hover {{ background: {RAISED}; }}
QMainWindow QTabBar {{ background: {PANEL}; qproperty-drawBase: 0; }}
QMainWindow QTabBar::tab {{ background: {WINDOW}; color: {INK_DIM}; border: none;
    padding: 6px 5px; }}
QMainWindow QTabBar::tab:selected {{ background: {PANEL}; color: {INK};
    border-top: 2px solid {ACCENT_DEEP}; }}
QMainWindow QTabBar::tab:hover {{ color: {INK}; }}
QScrollArea {{ background: {PANEL}; border: none; }}
QScrollArea > QWidget > QWidget {{ background: {PANEL}; }}

QPushButton {{ background: {RAISED}; border: 1px solid {LINE}; border-radius: 4px;
    padding: 4px 12px; min-height: 16px; }}
QPushButton:hover {{ background: {HOVER}; }}
QPushButton:pressed {{ background: {FIELD}; }}
QPushButton:checked {{ border-color: {ACCENT}; color: {ACCENT}; }}
QPushButton:disabled {{ color: {INK_FAINT}; background: {PANEL}; }}
QPushButton:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QLineEdit:focus
    {{ border-color: {ACCENT_DEEP}; }}

QSpinBox, QDoubleSpinBox, QLineEdit, QComboBox {{ background: {FIELD}; border: 1px solid {LINE};
    border-radius: 4px; padding: 2px 6px; min-height: 18px; selection-background-color: {ACCENT};
    selection-color: {BACKDROP}; }}
QAbstractSpinBox QLineEdit {{ background: transparent; border: none; padding: 0; min-height: 0; }}
QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {{ color: {INK_FAINT}; }}
QComboBox {{ background: {RAISED}; padding-right: 4px; }}
QComboBox::drop-down {{ border: none; width: 18px; }}
QComboBox::down-arrow {{ image: url(@chevron-down@); width: 10px; height: 10px; }}
QComboBox QAbstractItemView {{ background: {PANEL}; border: 1px solid {LINE}; padding: 4px; }}
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button
    {{ width: 14px; border: none; background: transparent; }}
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {{ image: url(@chevron-up@); width: 8px;
    height: 8px; }}
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {{ image: url(@chevron-down@); width: 8px;
    height: 8px; }}

QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 8px; margin: 0; }}
QScrollBar::handle {{ background: {LINE}; border-radius: 3px; margin: 1px; min-height: 24px;
    min-width: 24px; }}
QScrollBar::handle:hover {{ background: {HOVER}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}

QStatusBar {{ background: {WINDOW}; border-top: 1px solid #000; color: {INK_DIM}; }}
QStatusBar::item {{ border: none; }}
QStatusBar QLabel {{ color: {INK_DIM}; }}
QStatusBar QLabel#recipe {{ color: {INK}; }}
QStatusBar QToolButton {{ border: none; border-radius: 4px; padding: 2px; }}
QStatusBar QToolButton:hover {{ background: {RAISED}; }}

QFrame#errorBar {{ background: {RAISED}; border: 1px solid {LINE}; border-left: 3px solid {ALERT};
    border-radius: 6px; }}
QFrame#errorBar[kind="notice"] {{ border-left-color: {ACCENT}; }}
QFrame#errorBar QToolButton {{ border: none; border-radius: 4px; padding: 4px; }}
QFrame#errorBar QToolButton:hover {{ background: {HOVER}; }}
"""


def apply_theme(app: QApplication) -> None:
    """Give the whole application Fusion, the palette and the style sheet."""
    from latentstudio.ui.icons import with_icons

    app.setStyle(QStyleFactory.create("Fusion"))
    app.setPalette(palette())
    app.setFont(tabular(typeface()))
    app.setStyleSheet(with_icons(QSS))


def typeface() -> QFont:
    """Inter, which is bundled: the window looks alike everywhere, even where no font is."""
    for file in sorted((resources_folder() / "fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(file))
    font = QFont("Inter")
    # In points, since widgets reckon in them; a point is a pixel on a Mac and 4/3 elsewhere.
    screen = QGuiApplication.primaryScreen()
    font.setPointSizeF(FONT_PIXELS * 72 / (screen.logicalDotsPerInch() if screen else 96))
    return font


def tabular(font: QFont) -> QFont:
    """The font with figures of one width, so that changing numbers do not jitter."""
    font = QFont(font)
    if hasattr(QFont, "Tag"):  # Qt 6.7 and later
        font.setFeature(QFont.Tag("tnum"), 1)
    return font
