"""Editing by attribute as a person does it: the real window, engine, editor and classifier."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtWidgets import QWidget

from latentstudio.checkpoints.store import load_generator
from latentstudio.data.attributes import Attribute
from latentstudio.document.sampling import Sampling
from latentstudio.engine.editing import desk, population, values
from latentstudio.latents.samples import draws_of, sample_images
from latentstudio.metrics.spaces.classifier import AttributeClassifier
from latentstudio.metrics.spaces.classifier_store import save_classifier
from latentstudio.ui.bench.window import BenchWindow
from latentstudio.ui.directions.leakage_window import LeakageWindow
from tests.gui.conftest import WAIT
from tests.gui.test_flow import control, drag

K = Qt.Key
ATTRIBUTES = (
    Attribute(name="smile", kind="continuous", low=-1.0, high=1.0),
    Attribute(name="hat", kind="binary", values=("no", "yes")),
    Attribute(name="hair", kind="categorical", values=("short", "long", "none")),
)


@pytest.fixture(scope="module")
def classifier(bundle, tmp_path_factory):
    """Untrained, but its heads tell the tiny generator's pictures apart."""
    torch.manual_seed(5)
    made = AttributeClassifier(ATTRIBUTES, resolution=16, width=4, max_width=8, dim=8)
    made.eval().requires_grad_(False)
    generator = load_generator(bundle / "small.safetensors")
    sampling = Sampling(generator.content_hash)
    rows = made.embed(sample_images(generator, sampling, draws_of(generator, sampling, 0, 64)))
    made.standardise(rows.mean(0), rows.std(0))
    made.heads.weight.normal_()
    path = tmp_path_factory.mktemp("classifier") / "toys.safetensors"
    save_classifier(path, made, name="toys", data={}, training={}, scores={})
    return path


@pytest.fixture
def window(make_window, classifier, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for module in (desk, population, values):
        monkeypatch.setattr(module, "SAMPLES", 64)
    monkeypatch.setattr(population, "USABLE", 32)
    made = make_window()
    made.studio.editing.choose(classifier)
    return made


def opened(qtbot, window):
    """The edit panel, once it knows what the generator shows."""
    qtbot.keyClick(window.canvas, K.Key_E)
    panel = window.docks["edit"].panel
    model = window.studio.editing
    qtbot.waitUntil(lambda: bool(panel.rows) and model.reading is not None, timeout=WAIT)
    return panel


def test_an_attribute_is_driven_scrubbed_and_undone(qtbot, window, settled):
    panel, document, model = opened(qtbot, window), window.studio.document, window.studio.editing
    before, start = settled(window).pixels, document.recipe
    assert set(panel.rows) == {"smile", "hat", "hair"}
    slider = panel.rows["smile"].slider.slider
    away = -40 if model.reading.standing[0] > 0 else 40  # two deviations or more to go
    drag(qtbot, slider, slider.rect().center(), slider.rect().center() + QPoint(away, 0))
    qtbot.waitUntil(lambda: model.end is not None, timeout=3 * WAIT)
    assert [edit.name for edit in document.recipe.edits] == ["Smile"]
    assert not np.array_equal(settled(window).pixels, before)
    steps = len(model.path)
    assert steps > 1

    model.scrub(1, "scrub")
    assert model.place == 1
    edited = document.recipe
    document.undo()
    document.undo()
    assert document.recipe == start, "a run is one step of undo, a scrub another"
    np.testing.assert_array_equal(settled(window).pixels, before)
    document.redo()
    document.redo()
    assert document.recipe == edited


def test_a_slider_is_fitted_moved_and_measured(qtbot, window, settled):
    opened(qtbot, window)
    document, library, model = (
        window.studio.document,
        window.studio.library,
        window.studio.editing,
    )
    with qtbot.waitSignal(model.fitted, timeout=WAIT) as told:
        model.fit(values.FitRequest("attribute", "Smiling", "smile"))
    direction = library.add(told.args[0].direction)
    library.bring(direction.key)
    qtbot.keyClick(window.canvas, K.Key_D)
    slider = window.docks["sliders"].panel.sliders[direction.key].row.slider
    qtbot.waitUntil(slider.isVisible)
    before = settled(window).pixels
    slider.setFocus()
    for _ in range(5):
        qtbot.keyClick(slider, K.Key_Right)
    assert document.recipe.edits[0].key == direction.key
    assert not np.array_equal(settled(window).pixels, before)

    with qtbot.waitSignal(model.leaked, timeout=WAIT) as leaked:
        model.leakage(document.recipe, direction.key, 16)
    assert leaked.args[0].key == direction.key
    assert len(leaked.args[0].leaks) == 5


@pytest.mark.parametrize(("key", "kind"), [(K.Key_L, LeakageWindow), (K.Key_B, BenchWindow)])
def test_the_matrix_and_the_bench_have_keys(qtbot, window, key, kind):
    opened(qtbot, window)
    qtbot.keyClick(window.canvas, key)
    tool = window.findChild(kind)
    qtbot.waitUntil(tool.isVisible)
    window.close()
    assert not tool.isVisible()


def test_no_part_of_a_panel_is_a_window_for_a_moment(qtbot, window, qapp):
    class Watch(QObject):
        shown: list[QWidget]

        def eventFilter(self, thing, event):
            if event.type() == QEvent.Type.Show and isinstance(thing, QWidget):
                self.shown += [thing] if thing.isWindow() else []
            return False

    watch = Watch()
    watch.shown = []
    qapp.installEventFilter(watch)
    opened(qtbot, window)
    for key in (K.Key_D, K.Key_G):
        qtbot.keyClick(window.canvas, key)
        qtbot.wait(50)
    qapp.removeEventFilter(watch)
    assert watch.shown == []


def test_inside_bends_the_picture(qtbot, window, settled):
    opened(qtbot, window)
    before = settled(window).pixels
    panel = window.docks["inside"].panel
    qtbot.keyClick(window.canvas, K.Key_G)
    qtbot.waitUntil(lambda: panel.channels.maps is not None, timeout=WAIT)
    control(window, "inside.pick.all").click()
    control(window, "inside.ablate").click()
    assert window.studio.document.recipe.bends
    assert panel.isVisible()
    assert not np.array_equal(settled(window).pixels, before)
    window.studio.document.undo()
    np.testing.assert_array_equal(settled(window).pixels, before)


def test_a_classifier_for_larger_pictures_is_a_sentence(qtbot, make_window, settled):
    window = make_window()  # 32 px, and the bundled classifier reads 64
    before = settled(window).pixels
    qtbot.keyClick(window.canvas, K.Key_E)
    model = window.studio.editing
    qtbot.waitUntil(lambda: model.trouble != "", timeout=WAIT)
    assert "reads pictures of 64 px" in model.trouble
    np.testing.assert_array_equal(settled(window).pixels, before)
