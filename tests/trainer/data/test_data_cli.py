"""The command line of data sets."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from latentstudio.checkpoints.bundled import bundled_features
from latentstudio.metrics.reals import open_reals
from latentstudio.metrics.spaces.features import load_features
from trainer.data.cli import main
from trainer.data.dataset import ImageDataset


def run(*args):
    return CliRunner().invoke(main, [str(a) for a in args])


def test_build_check_and_show(animals, tmp_path):
    out = tmp_path / "made"
    result = run("build", animals, "--out", out, "--resolution", 16, "--resize", "area")
    assert result.exit_code == 0, result.output
    assert "7 pictures of 16 px, 3 channels, labels: class" in result.output
    result = run("check", out)
    assert result.exit_code == 0 and "Usable up to 16 px." in result.output
    assert "class (2 classes): cat 4 (57.1%), dog 3 (42.9%)" in result.output

    result = run("show", out, "--out", tmp_path / "new/s.png", "--count", 5, "--resolution", 16)
    assert result.exit_code == 0, result.output
    order = np.random.RandomState(0).permutation(7)[:5]
    data = ImageDataset(out)
    sheet = np.asarray(Image.open(tmp_path / "new" / "s.png"))
    assert sheet.shape == (32, 48, 3)
    for place, index in enumerate(order):
        row, column = divmod(place, 3)
        tile = sheet[16 * row : 16 * row + 16, 16 * column : 16 * column + 16]
        assert np.array_equal(tile.transpose(2, 0, 1), data.images[index])
        kind = ("cat", "dog")[data.labels["class"][index]]
        assert f"{place + 1}: picture {index} class={kind}\n" in result.output


def test_build_a_zip_from_a_cache(animals, tmp_path):
    run("build", animals, "--out", tmp_path / "made", "--resolution", 16)
    result = run("build", tmp_path / "made", "--out", tmp_path / "a.zip", "--resolution", 8)
    assert result.exit_code == 0 and "Wrote" in result.output
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert len(archive.namelist()) == 8
    assert run("check", tmp_path / "a.zip").exit_code == 0


def test_portraits_can_be_built(tmp_path, monkeypatch):
    calls = []

    def render(out, count, resolution, *, seed, processes):
        calls.append((out, count, resolution, seed, processes))
        out.mkdir()
        (out / "dataset.json").write_text('{"count": 3, "resolution": 8, "channels": 3}')

    monkeypatch.setattr("trainer.data.cache.build", render)
    out = tmp_path / "p"
    result = run("build", "portraits", "--out", out, "--resolution", 8, "--limit", 3, "--seed", 4)
    assert result.exit_code == 0 and calls == [(out, 3, 8, 4, 1)]
    result = run("build", "portraits", "--out", tmp_path / "p.zip", "--resolution", 8)
    assert result.exit_code == 1 and "into a folder" in result.output


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["check", "nowhere"], "no data folder nowhere"),
        (["show", "nowhere", "--out", "s.png"], "no data folder nowhere"),
        (["build", "nowhere", "--out", "x", "--resolution", "8"], "no data folder nowhere"),
        (["build", "nowhere", "--out", "x", "--resolution", "8", "--background", "mud"], "mud"),
    ],
)
def test_failures_are_one_sentence(args, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(*args)
    assert result.exit_code == 1 and message in result.output
    assert result.output.count("\n") == 1 and "Traceback" not in result.output


def test_unusable_data_has_exit_status_one(tmp_path):
    (tmp_path / "a.png").write_text("no picture")
    result = run("check", tmp_path)
    assert result.exit_code == 1 and "Not usable." in result.output
    result = run("show", tmp_path, "--out", tmp_path / "s.png")
    assert result.exit_code == 1 and "No picture" in result.output


def test_damaged_pictures_are_named_and_the_rest_built(animals, tmp_path):
    (animals / "cat" / "1.png").write_text("no picture")
    result = run("build", animals, "--out", tmp_path / "made", "--resolution", 16)
    assert result.exit_code == 0 and "cat/1.png is not a picture" in result.output


def test_ctrl_c_is_quiet(animals, tmp_path, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("trainer.data.build.build_cache", stopped)
    result = run("build", animals, "--out", tmp_path / "made", "--resolution", 16)
    assert result.exit_code == 130 and "Stopped." in result.output


def test_reals_are_written_beside_the_data(animals, tmp_path):
    cache, classifier = tmp_path / "made", bundled_features("portraits")
    run("build", animals, "--out", cache, "--resolution", 64, "--small", "enlarge")
    result = run("reals", cache)
    assert result.exit_code == 1 and "has no features of its own" in result.output
    result = run("reals", cache, "--features", classifier)
    assert f"Wrote {cache / 'reals'} (7 pictures, " in result.output
    features = load_features(classifier)
    small, whole = (open_reals(path, features).side for path in (cache / "reals", cache))
    assert (small.data, small.data_hash) == (whole.data, whole.data_hash)
    assert torch.equal(small.index, whole.index)
    torch.testing.assert_close(small.rows, whole.rows, atol=0.1, rtol=0.1)
    assert torch.equal(small.labels["class"], whole.labels["class"])
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"nothing")
    result = run("reals", cache, "--features", broken)
    assert result.exit_code == 1 and "broken.safetensors" in result.output
