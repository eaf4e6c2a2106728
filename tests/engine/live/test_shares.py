"""Classes are drawn in the data's shares: by the panel as by ``latentstudio measure``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import numpy as np
import pytest
import torch

from latentstudio.checkpoints.store import load_generator, save_generator
from latentstudio.cli.measuring import open_plan
from latentstudio.data.attributes import Attribute
from latentstudio.data.labels import Labels
from latentstudio.document.sampling import Sampling
from latentstudio.engine.engine import Engine
from latentstudio.engine.live import worker as live_worker
from latentstudio.engine.live.numbers import LiveNumbers
from latentstudio.generators.stylegan2 import StyleGAN2
from latentstudio.metrics import reals as metrics_reals
from latentstudio.metrics.measure.run import run
from latentstudio.metrics.quality import Quality
from latentstudio.metrics.reals import Reals
from latentstudio.metrics.spaces import register
from tests.engine.live.toys import Quarters, real_side

N = 40
NAMES = ("no", "yes")
SHARES = {"hat": (0.5, 0.5), "smile": (0.9, 0.1)}


@pytest.fixture
def reals() -> Reals:
    """Two attributes with values of the same names, in other shares."""
    attributes = tuple(Attribute(name=name, kind="binary", values=NAMES) for name in SHARES)
    values = {name: np.repeat([0, 1], [int(200 * s) for s in SHARES[name]]) for name in SHARES}
    pictures: Any = SimpleNamespace(labels=Labels(attributes, values))
    return Reals(real_side(), pictures, attributes)


@pytest.fixture
def save(tmp_path: Path) -> Callable[[str], Path]:
    """Write a conditional generator that was told an attribute."""

    def save_one(condition: str) -> Path:
        torch.manual_seed(0)
        small: Any = {"z_dim": 8, "w_dim": 8, "resolution": 32, "channel_base": 64}
        generator = StyleGAN2(**small, channel_max=8, num_classes=2)
        path = tmp_path / f"told-{condition}.safetensors"
        training = {"condition": condition}
        save_generator(path, generator, name="told", data={}, training=training, labels=NAMES)
        return path

    return save_one


def test_the_condition_decides_among_classes_of_the_same_names(reals: Reals) -> None:
    assert reals.shares_for(NAMES, "smile") == pytest.approx(SHARES["smile"])
    assert reals.shares_for(NAMES, "hat") == pytest.approx(SHARES["hat"])
    assert reals.shares_for(NAMES) == reals.shares_for(NAMES, "beard") == SHARES["hat"]
    assert reals.shares_for(("yes", "no"), "smile") == reals.shares_for((), "smile") == ()
    assert Reals(real_side()).shares_for(NAMES, "smile") == ()


def measured(path: Path) -> Quality:
    """As the command line does."""
    choices: Any = {"real": "toys", "metrics": "fid,kid,pr,dc", "features": "quarters", "num": N}
    plain: Any = {"seed": 0, "paths": 0, "batch": 8, "workers": 1, "workdir": None}
    drawing = dict.fromkeys(("cutoff", "noise", "label", "mixing"))
    with click.Context(click.Command("measure"), obj=["measure"]):
        plan = open_plan(
            path, None, [0.7], drawing, "cpu", **choices, **plain, resume=False, floor=False
        )
    return run(plan).qualities[0]


@pytest.mark.parametrize("condition", ["smile", "hat"])
def test_panel_and_command_give_the_same_numbers(
    reals: Reals,
    save: Callable[[str], Path],
    witness: Any,
    tmp_path: Path,
    monkeypatch: Any,
    condition: str,
) -> None:
    monkeypatch.setattr(live_worker, "open_space", lambda *_: Quarters())
    monkeypatch.setattr(live_worker, "open_reals", lambda *_, **__: reals)
    monkeypatch.setattr(register, "open_space", lambda *_: Quarters())
    monkeypatch.setattr(metrics_reals, "open_reals", lambda *_, **__: reals)
    path = save(condition)
    sampling = Sampling(load_generator(path).content_hash).with_psi(0.7)
    engine = Engine(lambda _: path, device="cpu", **witness.callbacks())
    kinds = ("quality", "curve", "samples", "state", "error")
    callbacks = {f"on_{kind}": lambda value, k=kind: witness.note(k, value) for kind in kinds}
    live = LiveNumbers(engine, **callbacks, cache=tmp_path / "cache", locate=lambda _: path)
    engine.start()
    try:
        live.set_target(N)
        live.open("toys", "quarters")
        live.follow(sampling, moving=False)
        live.set_active(True)
        witness.wait(lambda: [q for q in witness.of("quality") if q.n == N] or witness.of("error"))
        samples = live.samples()
    finally:
        live.stop()
        engine.stop()
    assert not witness.of("error") and samples is not None and samples.draws.labels is not None
    assert (samples.draws.labels.mean() < 0.25) == (condition == "smile")
    (shown,), want = [q for q in witness.of("quality") if q.n == N], measured(path)
    assert want.sampling == shown.sampling
    for field in ("fid", "fid_stderr", "fid_extrapolated", "kid", "kid_stderr"):
        assert getattr(shown, field) == pytest.approx(getattr(want, field), rel=1e-3), field
    # A pair or two may change sides: pictures of other batches differ in their last bits.
    for field in ("precision", "recall", "density", "coverage"):
        assert getattr(shown, field) == pytest.approx(getattr(want, field), abs=0.06), field
