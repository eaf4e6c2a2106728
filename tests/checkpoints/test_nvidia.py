"""NVIDIA pickles against the pixels that the published code made of them (random weights)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.foreign_fields import agree, widths
from latentstudio.checkpoints.header import read_header
from latentstudio.checkpoints.store import load_generator, save_generator

FIXTURES = Path(__file__).parent.parent / "fixtures"
NAMES = ["sg2_32_clamp", "sg2_32_nonoise_gray", "sg2_32_resnet", "sg3t_32_small"]


class Published:
    def __init__(self, name):
        self.path = FIXTURES / f"{name}.pkl"
        self.generator = load_generator(self.path)
        self.arrays = {k: torch.from_numpy(v) for k, v in np.load(FIXTURES / f"{name}.npz").items()}

    def __getitem__(self, key):
        return self.arrays[key]

    def __contains__(self, key):
        return key in self.arrays


@pytest.fixture(scope="module", params=NAMES)
def published(request):
    return Published(request.param)


def assert_same_pixels(got, want):
    assert got.shape == want.shape
    assert (got - want).abs().max().item() <= 5e-5
    to_bytes = lambda x: (x * 127.5 + 128).clamp(0, 255).to(torch.uint8)  # noqa: E731
    assert (to_bytes(got) != to_bytes(want)).double().mean().item() <= 0.0005


def test_latents(published):
    g, z, cutoff = published.generator, published["z"], int(published["cutoff"])
    assert g.num_layers == int(published["num_ws"])
    for got, key in (
        (g.map(z), "w_psi1"),
        (g.map(z, psi=0.7), "w_psi07"),
        (g.map(z, psi=0.7, cutoff=cutoff), "w_psi07_cutoff"),
        (g.map(published["mix_z"]), "mix_w"),
    ):
        torch.testing.assert_close(got, published[key], atol=5e-5, rtol=0)


@pytest.mark.parametrize("key", ["psi1", "psi07", "mix"])
def test_pixels(published, key):
    picture = published.generator.synthesize(published[f"w_{key}"])
    assert_same_pixels(picture, published[f"img_{key}"])


def test_noise(published):
    if "img_nonoise_psi1" not in published:
        pytest.skip("StyleGAN3 has no noise inputs")
    g, ws = published.generator, published["w_psi1"][:1]
    assert_same_pixels(g.synthesize(ws, "none"), published["img_nonoise_psi1"])
    got = g.synthesize(ws, "random", noise_seed=5)
    assert_same_pixels(got, published["img_random5_psi1"])


def test_transform():
    published = Published("sg3t_32_small")
    picture = published.generator.synthesize(
        published["w_psi1"][:1], transform=published["transform"]
    )
    assert_same_pixels(picture, published["img_transform_psi1"])
    assert (picture - published["img_psi1"][:1]).abs().max() > 0.1


def test_a_file_and_its_conversion_are_one_generator(published, tmp_path):
    header = read_header(published.path)
    out = tmp_path / "converted.safetensors"
    digest = save_generator(
        out,
        published.generator,
        name=header.info.name,
        data=header.data,
        training=header.training,
    )
    assert digest == header.info.content_hash == load_generator(out).content_hash
    assert read_header(out).info == header.info
    assert header.training["file"] == published.path.name


def test_what_was_read_is_known_without_reading_it_again(tmp_path, monkeypatch):
    path = tmp_path / "copy.pkl"
    path.write_bytes((FIXTURES / "sg2_32_clamp.pkl").read_bytes())
    header = read_header(path)
    monkeypatch.setattr(
        "latentstudio.checkpoints.foreign.read_foreign", lambda *_: pytest.fail("read again")
    )
    assert read_header(path) == header


def test_a_changed_file_is_read_again(tmp_path):
    path = tmp_path / "copy.pkl"
    path.write_bytes((FIXTURES / "sg2_32_clamp.pkl").read_bytes())
    first = read_header(path)
    path.write_bytes((FIXTURES / "sg2_32_nonoise_gray.pkl").read_bytes())
    assert read_header(path).info.channels == 1 != first.info.channels


def test_the_name_of_the_file_does_not_matter(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes((FIXTURES / "sg2_32_clamp.pkl").read_bytes())
    assert read_header(path).info.family == "stylegan2"


# --- What the widths of layers say ----------------------------------------------------------


@given(st.integers(64, 70_000), st.integers(1, 1024), st.integers(2, 10))
def test_widths_are_explained(base, most, last):
    found = {2**i: min(base // 2**i, most) for i in range(2, last + 1)}
    if min(found.values()) == 0:
        return
    base, most = widths(found, "x")
    assert {r: min(base // r, most) for r in found} == found


def test_widths_of_no_published_network_are_refused():
    with pytest.raises(CheckpointError, match="7 features at 8 px"):
        widths({4: 16, 8: 7, 16: 8}, "x")


def test_layers_that_differ_are_refused():
    assert agree([1, 1], "clamp", "x") == 1
    with pytest.raises(CheckpointError, match="different clamp"):
        agree([1, 2], "clamp", "x")
