"""Every family, with and without classes, in the hands of a person: one document, no stale control.

The weights are random; biases and noise strengths too, so that every control has an effect.
"""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt

from latentstudio.checkpoints.store import save_generator
from latentstudio.document.recipe import Axis, Cell, Mixing, Noise, Seed, Truncation
from latentstudio.export.picture import read_picture_recipe
from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.progan import ProGAN
from latentstudio.generators.stylegan import StyleGAN
from latentstudio.generators.stylegan2 import StyleGAN2
from tests.gui.test_files import drop
from tests.gui.test_flow import LEFT, control, drag

MANY = {"z_dim": 16, "resolution": 16, "channel_base": 256, "channel_max": 16}
MAPPED = MANY | {"w_dim": 16, "mapping_layers": 2}
FAMILIES = {
    "dcgan": (DCGAN, {"z_dim": 16, "resolution": 16, "ngf": 8}),
    "progan": (ProGAN, MANY),
    "stylegan": (StyleGAN, MAPPED),
    "stylegan2": (StyleGAN2, MAPPED),
}
LABELS = ("smiling", "neutral", "surprised")
NAMES = [*FAMILIES, *(f"{family} classes" for family in FAMILIES)]


def make(family, classes=0):
    kind, config = FAMILIES[family]
    torch.manual_seed(3)
    generator = kind(**config, num_classes=classes)
    for name, parameter in generator.named_parameters():
        synthesis = "mapping" not in name and "affine" not in name
        if synthesis and name.endswith((".bias", "noise_strength")):
            torch.nn.init.normal_(parameter, std=0.3)
    return generator


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("families")
    paths = {}
    for family in FAMILIES:
        for classes in (0, len(LABELS)):
            name = f"{family} classes" if classes else family
            paths[name] = folder / f"{name}.safetensors"
            labels = LABELS[:classes]
            save_generator(
                paths[name], make(family, classes), name=name, data={}, training={}, labels=labels
            )
    return paths


def reason(window, panel):
    label = window.docks[panel].panel.reason
    return label.text() if label.isVisibleTo(window) else ""


def choose_class(qtbot, window, name):
    """By keyboard, until the box reads that name; the last class is one key away."""
    box = control(window, "source.label")
    box.setFocus()
    keys = {"smiling": Qt.Key.Key_Home, "neutral": Qt.Key.Key_Down, "surprised": Qt.Key.Key_End}
    qtbot.keyClick(box, keys[name])
    assert box.currentText() == name


def check_panels(window, name):
    """Each panel shows what this generator can do, and explains what it cannot."""
    info = window.studio.document.info
    mapped, noisy = "stylegan" in name, "stylegan" in name
    assert (info.name, info.has_mapping, info.has_noise) == (name, mapped, noisy)
    assert window.tools.checkpoint.text() == name
    box = window.docks["source"].panel
    assert box.label.isVisibleTo(window) == ("classes" in name)
    if "classes" in name:
        assert tuple(box.label.itemText(i) for i in range(box.label.count())) == LABELS
        assert box.label.currentIndex() == (window.studio.document.recipe.label or 0)
    for chooser in (box.move_box.x_axis, box.move_box.y_axis):
        assert (chooser.kind.findData("principal") >= 0) == mapped
        assert chooser.kind.currentIndex() >= 0
    assert box.blend_box.space.isEnabled() == mapped
    assert ("w is z" in box.blend_box.hint.text()) == (not mapped)

    truncation = window.docks["truncation"].panel
    assert truncation.psi.isEnabled()
    assert truncation.cutoff.isEnabled() == truncation.cutoff.isVisibleTo(window) == mapped
    assert truncation.cutoff.currentIndex() >= 0
    assert ("ψ scales z" in reason(window, "truncation")) == (not mapped)
    assert ("normalisation" in reason(window, "truncation")) == ("progan" in name)
    assert ("mean w" in truncation.psi.toolTip()) == mapped

    mixing = window.docks["mixing"].panel
    assert mixing.grid.isEnabled() == mapped
    assert mixing.grid.rows() == (info.num_layers if mapped else 0)
    assert ("one row of ws" in reason(window, "mixing")) == (not mapped)
    assert mixing.brushes["coarse"].isEnabled() == mapped

    noise = window.docks["noise"].panel
    assert noise.mode.isEnabled() == noise.layers.isEnabled() == noisy
    assert len(noise.layers.values()) == sum(layer.noise for layer in info.layers)
    assert ("no noise inputs" in reason(window, "noise")) == (not noisy)


@pytest.mark.parametrize("name", NAMES)
def test_first_minutes_with(name, qtbot, window, settled, files, tmp_path):
    document, canvas = window.studio.document, window.canvas
    drop(window, files[name])
    pictures = [settled(window).pixels]
    assert pictures[0].shape == (16, 16, 4)
    assert pictures[0].std() > 1
    check_panels(window, name)
    assert window.bar.sentence == ""
    start, opened = document.recipe, document.history.undo_label
    steps = 0

    def moved(what):
        nonlocal steps
        steps += 1
        pixels = settled(window).pixels
        assert not np.array_equal(pixels, pictures[-1]), f"{what} does not move the picture"
        assert np.array_equal(pixels, window.studio.engine.render(document.recipe).pixels)
        assert window.bar.sentence == ""
        pictures.append(pixels)
        return document.recipe

    qtbot.keyClick(canvas, Qt.Key.Key_2)
    assert moved("Point B").blend.share("B") == 1.0
    middle = canvas.rect().center()
    drag(qtbot, canvas, middle, middle + QPoint(120, -60))
    assert moved("A drag on the picture").point("B").moves
    seed = control(window, "source.seed").field
    seed.setFocus()
    qtbot.keyClick(seed, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(seed, "85")
    qtbot.keyClick(seed, Qt.Key.Key_Return)
    assert moved("A typed seed").point("B").base == Seed(85)
    if "classes" in name:
        choose_class(qtbot, window, "surprised")
        assert moved("The class").label == 2
        assert "class surprised" in window.status.recipe.text()
    blend = control(window, "source.blend")
    drag(qtbot, blend, blend.rect().center(), blend.rect().center() + QPoint(10, 10))
    assert 0 < moved("The blend").blend.share("A") < 1
    psi = control(window, "truncation.psi").slider
    psi.setFocus()
    qtbot.keyClick(psi, Qt.Key.Key_Home)
    assert moved("Truncation").truncation.psi == -1.0
    if "stylegan" in name:
        qtbot.mouseClick(control(window, "mixing.brush.coarse"), LEFT)
        assert moved("A mixing brush").mixing.cells
        qtbot.mouseClick(control(window, "noise.mode").buttons["none"], LEFT)
        assert moved("Noise").noise.mode == "none"
    else:
        qtbot.mouseClick(control(window, "mixing.brush.coarse"), LEFT)
        qtbot.mouseClick(control(window, "noise.mode").buttons["none"], LEFT)
        assert "noise" not in window.status.recipe.text()

    target = tmp_path / "found.png"
    window.saver.ask = lambda *_: str(target)
    qtbot.keyClick(canvas, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(target.exists, timeout=20_000)
    found = document.recipe
    assert read_picture_recipe(target) == found

    for _ in range(steps):
        qtbot.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (document.recipe, document.history.undo_label) == (start, opened)
    assert np.array_equal(settled(window).pixels, pictures[0])
    check_panels(window, name)
    while document.history.redo_label:
        window.actions_by_name["redo"].trigger()
    assert document.recipe == found
    assert np.array_equal(settled(window).pixels, pictures[-1])

    drop(window, files["dcgan"])
    settled(window)
    drop(window, target)
    assert document.recipe == found
    assert np.array_equal(settled(window).pixels, pictures[-1])
    check_panels(window, name)


def test_one_document_goes_through_all_families_and_back(qtbot, window, settled, files):
    """With everything set that another family may not have."""
    document = window.studio.document
    route = ["stylegan classes", "progan", "dcgan classes", "stylegan2", "progan classes",
             "stylegan", "dcgan", "stylegan2 classes"]  # fmt: skip
    shown = []
    for name in route:
        drop(window, files[name])
        check_panels(window, name)
        settled(window)
        check_panels(window, name)
        assert document.recipe.point("B").base == Seed(1)
        shown.append(document.recipe)
        recipe = document.recipe
        if "classes" in name:
            recipe = msgspec.structs.replace(recipe, label=2)
        if "stylegan" in name:
            window.studio.axes.x = Axis("principal", 3)
            recipe = msgspec.structs.replace(
                recipe,
                mixing=Mixing((Cell(5, "B", 1.0),)),
                noise=Noise("random", 4, 1.0, (0.5,) * 6),
                truncation=Truncation(0.5, 0),
            )
            recipe = recipe.with_point(recipe.point("A").moved(Axis("principal", 3), 1.0))
        document.change("Set", recipe=recipe)
        frame = settled(window)
        assert np.array_equal(frame.pixels, window.studio.engine.render(recipe).pixels)
    while document.history.undo_label:
        qtbot.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        settled(window)
        if document.recipe in shown:
            check_panels(window, route[shown.index(document.recipe)])
    while document.history.redo_label:
        window.actions_by_name["redo"].trigger()
        settled(window)
    check_panels(window, route[-1])


def test_what_another_family_cannot_do_is_reset_and_named(window, settled, files):
    document = window.studio.document
    drop(window, files["stylegan classes"])
    recipe = msgspec.structs.replace(document.recipe, label=1, truncation=Truncation(0.5, 0))
    document.change("Set", recipe=recipe)
    settled(window)
    drop(window, files["progan"])
    assert (document.recipe.label, document.recipe.truncation) == (None, Truncation(0.5))
    assert "reset: the class, the cutoff." in window.bar.sentence
    settled(window)
    drop(window, files["progan classes"])
    assert document.recipe.label is None  # the first class, which the panel shows
    assert control(window, "source.label").currentText() == "smiling"
    settled(window)
    assert "class smiling" in window.status.recipe.text()


def test_a_cutoff_that_silences_psi_can_be_taken_away(qtbot, window, settled, files):
    """Such a recipe comes from a file: the studio itself does not make it."""
    document = window.studio.document
    drop(window, files["progan"])
    recipe = msgspec.structs.replace(document.recipe, truncation=Truncation(0.0, 0))
    document.change("Paste recipe", recipe=recipe)
    before = settled(window).pixels
    cutoff = control(window, "truncation.cutoff")
    assert cutoff.currentText() == "No layer"
    cutoff.setFocus()
    qtbot.keyClick(cutoff, Qt.Key.Key_Home)
    assert document.recipe.truncation == Truncation(0.0)
    assert not np.array_equal(settled(window).pixels, before)
    assert not cutoff.isEnabled()


def test_axes_follow_undo_to_a_generator_without_components(qtbot, window, settled, files):
    drop(window, files["progan"])
    settled(window)
    drop(window, files["stylegan"])
    settled(window)
    window.studio.axes.x = Axis("principal", 1)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.studio.axes.x.kind == "random"
    middle = window.canvas.rect().center()
    settled(window)
    drag(qtbot, window.canvas, middle, middle + QPoint(80, 0))
    settled(window)
    assert window.bar.sentence == ""


def test_opened_by_menu_and_kept_in_a_session(qtbot, window, make_window, settled, files, tmp_path):
    document = window.studio.document
    for name in ("stylegan", "progan classes"):
        window.opener.ask = lambda *_, path=files[name]: str(path)
        qtbot.keyClick(window.canvas, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
        settled(window)
    check_panels(window, "progan classes")
    menu = window.tools.checkpoint.menu()
    menu.aboutToShow.emit()
    for name in ("stylegan", "progan classes"):
        next(action for action in menu.actions() if action.text() == name).trigger()
        settled(window)
        check_panels(window, name)
    choose_class(qtbot, window, "neutral")
    pixels = settled(window).pixels
    qtbot.keyClick(window.canvas, Qt.Key.Key_K)
    drop(window, files["stylegan"])
    settled(window)
    qtbot.keyClick(window.canvas, Qt.Key.Key_K)
    document.undo()
    document.undo()
    window.saver.ask = lambda *_: str(tmp_path / "evening")
    qtbot.keyClick(window.canvas, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    state = document.state
    window.close()

    again = make_window([tmp_path / "evening.latents"])
    assert again.studio.document.state == state
    assert again.studio.document.recipe.label == 1
    check_panels(again, "progan classes")
    assert control(again, "source.label").currentText() == "neutral"
    assert np.array_equal(settled(again).pixels, pixels)


def test_the_class_is_one_step_and_shows_in_the_pictures_of_the_points(
    qtbot, window, settled, files
):
    document = window.studio.document
    drop(window, files["stylegan2 classes"])
    settled(window)
    opened = document.history.undo_label
    choose_class(qtbot, window, "smiling")
    assert document.history.undo_label == opened  # the first is shown already
    choose_class(qtbot, window, "neutral")
    assert (document.history.undo_label, document.recipe.label) == ("Class", 1)
    document.undo()
    assert control(window, "source.label").currentText() == "smiling"
    assert document.history.undo_label == opened
