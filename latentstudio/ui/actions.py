"""Everything that a person can do, with its key and a tooltip that teaches: one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from latentstudio.ui.icons import icon


@dataclass(frozen=True)
class Entry:
    """One action.

    Attributes
    ----------
    name
        Of the method of :class:`~latentstudio.ui.commands.Commands`, and the objectName.
    text
        In the menu.
    keys
        Portable key sequences; the first is shown.
    menu
        The menu that holds it.
    tip
        What it does and when to use it.
    icon
        Name of an SVG, or empty.
    checkable
        Whether it is a switch.
    """

    name: str
    text: str
    keys: tuple[str, ...]
    menu: str
    tip: str
    icon: str = ""
    checkable: bool = False


TABLE: tuple[Entry, ...] = (
    Entry("new_session", "&New session", ("Ctrl+N",), "File",
          "Begin anew with this generator; Undo brings the session before back"),
    Entry("open", "&Open…", ("Ctrl+O",), "File",
          "Open a checkpoint, a session, a picture or a film", "open"),
    Entry("save_session", "&Save session", ("Ctrl+S",), "File",
          "Save recipe, gallery and view to a file", "save"),
    Entry("save_session_as", "Save session &as…", ("Ctrl+Shift+S",), "File",
          "Save the session under another name"),
    Entry("save_picture", "Save &picture…", ("Ctrl+E",), "File",
          "Save the exact picture as PNG; it carries its recipe, so dropping it back restores it",
          "picture"),
    Entry("export_film", "Export &film…", ("Ctrl+Shift+E",), "File",
          "Render the timeline to MP4, WebM, GIF, WebP, pictures or a contact sheet"),
    Entry("quit", "&Quit", ("Ctrl+Q",), "File", "Close; the session is kept for the next start"),
    Entry("undo", "&Undo", ("Ctrl+Z",), "Edit", "Take back the last step; a drag is one step",
          "undo"),
    Entry("redo", "&Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Edit", "Bring back what was undone",
          "redo"),
    Entry("copy_recipe", "&Copy recipe", ("Ctrl+C",), "Edit",
          "Copy the recipe of the picture on the screen as JSON", "copy"),
    Entry("paste", "&Paste", ("Ctrl+V",), "Edit",
          "Take over a recipe from the clipboard, or a picture to be searched for"),
    Entry("copy_picture", "Copy p&icture", ("Ctrl+Shift+C",), "Edit",
          "Copy the exact picture to the clipboard"),
    Entry("random_seed", "&Random seed", ("R",), "Point",
          "Jump to a new picture: a random seed for the active point", "random"),
    Entry("next_seed", "&Next seed", ("Right",), "Point", "The next seed for the active point",
          "next"),
    Entry("previous_seed", "&Previous seed", ("Left",), "Point",
          "The previous seed for the active point", "previous"),
    Entry("keep", "&Keep", ("K",), "Point",
          "Keep this picture in the gallery; click it there to return", "keep"),
    Entry("set_key", "Set a ke&y", ("Shift+K",), "Point",
          "On the timeline, at the playhead: there the film shows the picture on the screen"),
    Entry("play", "Pla&y the film", ("Ctrl+Space",), "Point",
          "Play the timeline, or rest; scrub it with the mouse"),
    Entry("choose_a", "Point &A", ("1",), "Point", "Show and move point A"),
    Entry("choose_b", "Point &B", ("2",), "Point", "Show and move point B"),
    Entry("choose_c", "Point &C", ("3",), "Point", "Show and move point C"),
    Entry("choose_d", "Point &D", ("4",), "Point", "Show and move point D"),
    Entry("psi_up", "Less &truncation", ("Up",), "Point",
          "ψ up by 0.05: further from the mean, more varied"),
    Entry("psi_down", "&More truncation", ("Down",), "Point",
          "ψ down by 0.05: closer to the mean, more typical"),
    Entry("fit", "&Fit", ("Home", "Ctrl+0"), "View", "Fit the picture to the canvas", "fit"),
    Entry("actual_size", "&Actual size", ("Ctrl+1",), "View",
          "One picture pixel on one screen pixel", "actual"),
    Entry("zoom_in", "Zoom &in", ("Ctrl++", "Ctrl+="), "View", "Enlarge (or turn the wheel)"),
    Entry("zoom_out", "Zoom &out", ("Ctrl+-",), "View", "Reduce (or turn the wheel)"),
    Entry("smooth", "&Smooth enlargement", ("I",), "View",
          "Smooth enlargement; off shows the generator's own pixels", "smooth", True),
    Entry("previews", "&Previews while dragging", ("P",), "View",
          "Coarser pictures while the hand moves, exact ones when it rests; off: always exact",
          "", True),
    Entry("stage", "S&tage", ("F11",), "View",
          "Only the picture, on the whole screen; the keyboard still works", "stage", True),
    Entry("numbers", "&Numbers", ("N",), "View",
          "FID, KID, precision and recall of this setting, live; again: back to the source"),
    Entry("picture", "Picture to &find", ("F",), "View",
          "Drop a photograph, and search for the point that shows it; again: back to the source"),
    Entry("morph", "&Morph", ("M",), "View",
          "From one point to another: strip, speed, layers; again: back to style mixing"),
    Entry("timeline", "&Timeline", ("T",), "View",
          "Keys, easing, walks and beats: a film of recipes; again: back to the gallery"),
    Entry("edit", "&Edit by attribute", ("E",), "View",
          "Move the picture until an attribute stands where you want it; again: to the source"),
    Entry("sliders", "S&liders of your own", ("D",), "View",
          "Directions as sliders: fitted, found, made by eye; again: back to the source"),
    Entry("inside", "Inside the &network", ("G",), "View",
          "What each layer carries, channel by channel, and bending it; again: back to the noise"),
    Entry("samples", "Samples &wall", ("W",), "View",
          "Everything that is measured, as a wall of pictures to sort and to choose from"),
    Entry("leakage", "&Leakage…", ("L",), "View",
          "What every slider moves beside what it is for, as a heat map"),
    Entry("bench", "&Disentanglement…", ("B",), "View",
          "z against w: path length, separability, DCI, MIG, SAP; which layer holds what"),
    Entry("shift", "S&hift a pixel…", ("X",), "View",
          "Move the picture by pixels: how far that is by its pixels, and how far by its features"),
    Entry("shortcuts", "&Keyboard and mouse", ("F1", "?"), "Help",
          "Everything that keys and mouse can do", "help"),
)  # fmt: skip

MENUS = ("File", "Edit", "Point", "View", "Help")
BREAKS = {"save_session", "export_film", "quit", "copy_recipe", "keep", "set_key", "choose_a",
          "psi_up", "smooth", "stage", "picture"}  # fmt: skip

# What is no action: held keys and the mouse, for the sheet.
GESTURES: tuple[tuple[str, str], ...] = (
    (
        "+ and − on the samples wall",
        "More and less: examples for a slider of your own; Del: neither",
    ),
    ("Drag on the picture", "Move the active point along the two axes"),
    ("Shift + drag", "Move ten times finer"),
    ("Wheel", "Zoom at the cursor"),
    ("Middle drag, Space + drag", "Pan"),
    ("Hold C or \\", "Compare with the step before"),
    ("Esc", "Dismiss, leave the stage, return to the picture"),
    ("Drop a file", "Open a checkpoint, a session, a saved picture or film, or search for a photo"),
    ("Space, arrows in the timeline", "Play; one frame, with Ctrl to the next key"),
)


def build_actions(owner: QWidget, commands: Any) -> dict[str, QAction]:
    """Make one QAction per entry, tied to the method of its name."""
    actions = {}
    for entry in TABLE:
        action = QAction(entry.text, owner)
        action.setObjectName(f"action.{entry.name}")
        action.setShortcuts([QKeySequence(key) for key in entry.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{entry.tip} ({key})")
        action.setStatusTip("")
        if entry.icon:
            action.setIcon(icon(entry.icon))
        action.setIconVisibleInMenu(False)
        action.setCheckable(entry.checkable)
        (action.toggled if entry.checkable else action.triggered).connect(
            getattr(commands, entry.name)
        )
        owner.addAction(action)  # so that the key works while the menu bar is hidden
        actions[entry.name] = action
    return actions
