"""A real window over a real engine, with generators small enough for one core."""

from __future__ import annotations

import gc

import pytest
import torch

from latentstudio.checkpoints.catalogue import Catalogue
from latentstudio.checkpoints.store import save_generator
from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.stylegan2 import StyleGAN2
from latentstudio.ui.app import build
from latentstudio.ui.places import Places
from latentstudio.ui.theme import apply_theme

WAIT = 20_000  # ms: a busy machine must not fail a test


@pytest.fixture(scope="session")
def bundle(tmp_path_factory):
    """A folder as resources/checkpoints would be: one StyleGAN2 of 32 px."""
    folder = tmp_path_factory.mktemp("bundle")
    torch.manual_seed(1)
    network = StyleGAN2(
        z_dim=32, w_dim=32, resolution=32, channel_base=512, channel_max=32, mapping_layers=2
    )
    save_generator(folder / "small.safetensors", network, name="small", data={}, training={})
    return folder


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory):
    """A DCGAN that the catalogue does not know."""
    path = tmp_path_factory.mktemp("elsewhere") / "other.safetensors"
    torch.manual_seed(2)
    save_generator(path, DCGAN(z_dim=16, resolution=32), name="other", data={}, training={})
    return path


@pytest.fixture
def themed(qapp):
    apply_theme(qapp)
    return qapp


@pytest.fixture
def make_window(qtbot, themed, bundle, tmp_path):
    """Build windows over ``tmp_path``; each waits for its first exact frame."""

    def make(files=(), *, show=True, wait=True, size=(1280, 860)):
        catalogue = Catalogue(folder=bundle, memory=tmp_path / "memory.json")
        window = build(Places.under(tmp_path), catalogue)
        qtbot.addWidget(window)
        window.resize(*size)
        if show:
            window.show()
        window.begin([str(file) for file in files])
        if wait:
            settle(qtbot, window)
        return window

    return make


@pytest.fixture
def window(make_window):
    return make_window()


def settle(qtbot, window):
    """Wait until the document's recipe is on the screen, exactly."""

    def done():
        frame = window.canvas.frame
        return (
            frame is not None
            and not frame.preview
            and frame.recipe == window.studio.document.recipe
        )

    qtbot.waitUntil(done, timeout=WAIT)


@pytest.fixture
def settled(qtbot):
    """``settled(window)`` waits until the exact picture of the recipe is on the screen."""

    def wait(window):
        settle(qtbot, window)
        return window.canvas.frame

    return wait


@pytest.fixture(autouse=True)
def no_collection_while_painting():
    """A widget that only a test's own frame held must not be collected while it is painted."""
    gc.disable()
    yield
    gc.enable()
