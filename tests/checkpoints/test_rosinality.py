"""rosinality's StyleGAN2: the pixels of an independent float64 network with the same weights."""

import argparse
import math

import numpy as np
import pytest
import torch

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.families import family_class
from latentstudio.checkpoints.imported import Scaled
from latentstudio.checkpoints.torch_file import read_torch_file
from tests.oracles import foreign

WIDTHS = {4: 12, 8: 12, 16: 8, 32: 4}


def original(size=32, **changes):
    torch.manual_seed(2)
    return foreign.randomised(foreign.Rosinality(size, 16, 3, WIDTHS | changes), 0)


def read(path, content, **options):
    torch.save(content, path, **options)
    imported = read_torch_file(path)
    tensors = {
        k: v.values * np.float32(v.gain) if isinstance(v, Scaled) else v
        for k, v in imported.tensors.items()
    }
    assert all(isinstance(v, np.ndarray) for v in tensors.values())
    network = family_class(imported.family, "test")(**imported.config)
    state = {k: torch.tensor(np.asarray(v)) for k, v in tensors.items()}
    network.load_state_dict(state)
    return imported, network.eval().requires_grad_(False)


def compare(network, oracle, z):
    ours = network.synthesize(network.map(z))
    wide = oracle.double()
    ws = wide.mapping(z.double())[:, None].expand(-1, network.num_layers, -1)
    theirs = wide(ws)
    assert float(theirs.std()) > 0.1
    assert float((ours - theirs).abs().max()) < 5e-5


@pytest.mark.parametrize("zipped", [True, False])
def test_same_pixels(tmp_path, zipped):
    oracle = original()
    average = torch.randn(1, 16)
    content = {
        "g": original(8).state_dict(),
        "g_ema": oracle.state_dict(),
        "latent_avg": average,
        "args": argparse.Namespace(size=32),
        "ada_aug_p": 0.1,
    }
    options = {"_use_new_zipfile_serialization": zipped}
    imported, network = read(tmp_path / "550000.pt", content, **options)
    compare(network, oracle, network.sample_z(2, 1))
    assert imported.config["resolution"] == 32 and imported.training["network"] == "g_ema"
    assert (network.mean_w == average[0]).all()
    # Rows of ws feed the layers that they feed there.
    ws = torch.randn(1, network.num_layers, 16)
    assert float((network.synthesize(ws) - oracle(ws.double())).abs().max()) < 5e-5


def test_a_bare_state_dict_of_data_parallel(tmp_path):
    oracle = original(16)
    state = {f"module.{key}": value for key, value in oracle.state_dict().items()}
    _, network = read(tmp_path / "g.pt", state)
    compare(network, oracle, network.sample_z(1, 3))


def test_the_mean_w_is_computed_where_it_is_absent(tmp_path):
    oracle = original(8)
    imported, network = read(tmp_path / "g.pt", {"g_ema": oracle.state_dict()})
    z = torch.from_numpy(np.random.RandomState(77).randn(20_000, 16))
    w = oracle.double().mapping(z)
    error = (network.mean_w - w.mean(dim=0)).abs() / w.std(dim=0)
    assert float(error.max()) < 5 * math.sqrt(1 / 10_000 + 1 / 20_000)
    assert "10000" in imported.training["mean_w"]
    _, again = read(tmp_path / "g.pt", {"g_ema": oracle.state_dict()})
    assert (network.mean_w == again.mean_w).all()


def test_noise_that_the_file_lacks_is_the_same_every_time(tmp_path):
    state = {k: v for k, v in original(8).state_dict().items() if not k.startswith("noises.")}
    first, network = read(tmp_path / "g.pt", {"g_ema": state})
    again, _ = read(tmp_path / "g.pt", {"g_ema": state})
    plane = first.tensors["synthesis.b8.conv1.noise_const"]
    assert plane.shape == (8, 8) and np.array_equal(
        plane, again.tensors["synthesis.b8.conv1.noise_const"]
    )
    z = network.sample_z(1, 0)
    silent = network.synthesize(network.map(z), noise="none")
    assert not torch.equal(silent, network.synthesize(network.map(z)))


def lacking(state):
    del state["convs.1.activate.bias"]


def other_shape(state):
    state["convs.1.activate.bias"] = torch.zeros(3)


def other_filter(state):
    state["to_rgbs.0.upsample.kernel"][0, 0] = 1.0


def too_many(state):
    state["iwt.ll"] = torch.zeros(2, 2)


@pytest.mark.parametrize(
    "change, words",
    [
        (lacking, "lacks the tensor 'convs.1.activate.bias'"),
        (other_shape, "has the shape [3], not [12]"),
        (other_filter, "other taps"),
        (too_many, "'iwt.ll' too many"),
    ],
)
def test_forks_get_one_sentence(tmp_path, change, words):
    state = original(16).state_dict()
    change(state)
    torch.save({"g_ema": state}, tmp_path / "g.pt")
    with pytest.raises(CheckpointError) as caught:
        read_torch_file(tmp_path / "g.pt")
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_widths_of_forks_get_one_sentence(tmp_path):
    torch.save({"g_ema": original(32, **{}).state_dict()}, tmp_path / "good.pt")
    read_torch_file(tmp_path / "good.pt")
    torch.manual_seed(0)
    strange = foreign.Rosinality(32, 16, 1, {4: 12, 8: 5, 16: 12, 32: 4}).requires_grad_(False)
    torch.save({"g_ema": strange.state_dict()}, tmp_path / "g.pt")
    with pytest.raises(CheckpointError, match="features at 8 px"):
        read_torch_file(tmp_path / "g.pt")
