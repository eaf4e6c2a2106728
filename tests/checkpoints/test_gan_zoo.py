"""pytorch_GAN_zoo's PGAN and DCGAN: the pixels of independent networks with the same weights."""

import sys
import types

import numpy as np
import pytest
import torch

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.families import family_class
from latentstudio.checkpoints.torch_file import read_torch_file
from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.progan import ProGAN
from tests.oracles import foreign

ATTRIBUTES = {
    "Hat": {"order": 1, "values": ["no", "yes", "big"]},
    "Kind": {"order": 0, "values": ["M", "W"]},
}


@pytest.fixture
def settings(monkeypatch):
    """Makes settings objects of a class that has the original's name while they are saved."""
    names = ["models", "models.utils", "models.utils.config"]
    for name in names:
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    cls = type("BaseConfig", (), {"__module__": names[-1]})
    sys.modules[names[-1]].BaseConfig = cls

    def make(**fields):
        made = cls()
        made.__dict__.update(fields)
        return made

    return make


def pgan(latent=6, widths=(12, 12, 8), seed=1):
    torch.manual_seed(seed)
    return foreign.randomised(foreign.PGAN(latent, list(widths)), 0)


def dcgan(latent=6, widths=(16, 8, 4), seed=1):
    torch.manual_seed(seed)
    return foreign.randomised(foreign.ZooDCGAN(latent, list(widths), 3), seed)


def read(path, content, **options):
    torch.save(content, path, **options)
    imported = read_torch_file(path)
    assert all(isinstance(v, np.ndarray) for v in imported.tensors.values())
    network = family_class(imported.family, "test")(**imported.config)
    network.load_state_dict({k: torch.tensor(np.asarray(v)) for k, v in imported.tensors.items()})
    return imported, network.eval().requires_grad_(False)


def gap(ours, theirs):
    assert ours.shape == theirs.shape and float(theirs.std()) > 0.05
    return float((ours - theirs).abs().max())


@pytest.mark.parametrize("equalized", [True, False])
@pytest.mark.parametrize("loss", ["WGANGP", "Logistic", "DCGAN"])
def test_pgan_draws_the_same_pixels(tmp_path, settings, loss, equalized):
    mean, last = pgan(), pgan(seed=2)
    config = settings(lossCriterion=loss, equalizedlR=equalized, alpha=0, leakyReluLeak=0.2)
    content = {"config": config, "netG": last.state_dict(), "avgG": mean.state_dict()}
    imported, network = read(tmp_path / "p_s2_i96000.pt", content)
    z = network.sample_z(2, 9)
    theirs = mean.double()(z.double(), tanh=loss == "DCGAN", equalized=equalized)
    assert gap(network.synthesize(network.map(z)), theirs) < 2e-5
    assert imported.training == {
        "format": "pytorch_GAN_zoo PGAN",
        "file": "p_s2_i96000.pt",
        "network": "avgG",
    }


def test_pgan_with_the_older_names_and_format(tmp_path, settings):
    oracle = pgan()
    state = {key.replace(".module.", "."): value for key, value in oracle.state_dict().items()}
    content = {"config": settings(), "netG": state}
    _, network = read(tmp_path / "p.pth", content, _use_new_zipfile_serialization=False)
    z = network.sample_z(1, 2)
    assert gap(network(z), oracle.double()(z.double())) < 2e-5


@pytest.mark.parametrize("family", ["pgan", "dcgan"])
def test_classes_are_every_combination_of_attributes(tmp_path, settings, family):
    oracle = pgan(latent=9) if family == "pgan" else dcgan(latent=9)
    content = {"config": settings(attribKeysOrder=ATTRIBUTES), "netG": oracle.state_dict()}
    imported, network = read(tmp_path / "c.pt", content)
    assert imported.labels == ("M, no", "M, yes", "M, big", "W, no", "W, yes", "W, big")
    z = network.sample_z(6, 4)
    assert z.shape == (6, 4)
    kinds = [[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1]]
    hats = [[1, 0, 0], [0, 1, 0], [0, 0, 1]] * 2
    codes = torch.tensor([a + b for a, b in zip(kinds, hats, strict=True)])
    theirs = oracle.double()(torch.cat([z, codes], dim=1).double())
    assert gap(network(z, torch.arange(6)), theirs) < 2e-5


@pytest.mark.parametrize("loss, tanh", [("DCGAN", True), ("WGANGP", False)])
def test_dcgan_draws_the_same_pixels(tmp_path, settings, loss, tanh):
    oracle = dcgan()
    config = settings(lossCriterion=loss, depth=2)
    content = {"config": config, "netG": oracle.state_dict(), "netD": {}}
    imported, network = read(tmp_path / "d.pt", content)
    z = network.sample_z(2, 9)
    assert gap(network(z), oracle.double()(z.double(), tanh=tanh)) < 5e-6
    assert ("output" in imported.config) is not tanh


@pytest.mark.parametrize("seen, part", [(3, "netG"), (100, "avgG")])
def test_a_mean_network_needs_statistics(tmp_path, settings, seen, part):
    mean = dcgan(seed=1)
    mean.main.batchNorm0.num_batches_tracked.fill_(seen)
    content = {"config": settings(), "netG": dcgan(seed=2).state_dict(), "avgG": mean.state_dict()}
    imported, _ = read(tmp_path / "d.pt", content)
    assert imported.training["network"] == part


@pytest.mark.parametrize("alpha, scales", [(0.3, 2), (0.8, 1)])
def test_a_fade_ends_at_the_nearer_level_and_says_so(tmp_path, settings, alpha, scales):
    oracle = pgan()
    content = {"config": settings(alpha=alpha), "netG": oracle.state_dict()}
    imported, network = read(tmp_path / "p.pt", content)
    z = network.sample_z(1, 0)
    assert gap(network(z), oracle.double()(z.double(), scales=scales)) < 2e-5
    assert "16 px were being faded in" in imported.training["fade"]


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"leakyReluLeak": 0.1}, "leaky ReLU"),
        ({"leakyReluLeak": torch.zeros(2)}, "leaky ReLU"),
        ({"perChannelNormalization": False}, "leaky ReLU"),
        ({"attribKeysOrder": 5}, "classes"),
        ({"attribKeysOrder": {"a": {"order": 0, "values": [[[]]]}}}, "classes"),
        (
            {"attribKeysOrder": {str(i): {"order": i, "values": [0, 1]} for i in range(20)}},
            "1,048,576 classes",
        ),
    ],
)
def test_settings_that_do_not_fit_get_one_sentence(tmp_path, settings, fields, words):
    torch.save({"config": settings(**fields), "netG": pgan().state_dict()}, tmp_path / "p.pt")
    with pytest.raises(CheckpointError) as caught:
        read_torch_file(tmp_path / "p.pt")
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_4_px_and_leftovers_get_one_sentence(tmp_path):
    torch.save({"netG": pgan(widths=(12,)).state_dict()}, tmp_path / "p.pt")
    with pytest.raises(CheckpointError, match="4 px only"):
        read_torch_file(tmp_path / "p.pt")
    state = dcgan().state_dict() | {"extra.weight": torch.zeros(1)}
    torch.save({"netG": state}, tmp_path / "d.pt")
    with pytest.raises(CheckpointError, match=r"'extra.weight' too many"):
        read_torch_file(tmp_path / "d.pt")


@pytest.mark.parametrize(
    "cls, keys",
    [
        (DCGAN, "z_dim resolution channels num_classes ngf upsample max_features"),
        (ProGAN, "z_dim resolution channels num_classes channel_base channel_max growing"),
    ],
)
def test_options_for_foreign_networks_leave_our_own_files_alone(cls, keys):
    """Content hashes cover the configuration, so what is not used is not in it."""
    small = {"z_dim": 4, "resolution": 8, "num_classes": 2}
    assert list(cls(**small).config()) == keys.split()
    other = "linear" if cls is DCGAN else "tanh"
    network = cls(**small, output=other, label_dim=3)
    assert cls(**network.config()).config() == network.config()
    assert network.config()["label_dim"] == 3 and network.w_dim == 7
    for wrong in ({"output": "sine"}, {"label_dim": -1}, {"num_classes": 0, "label_dim": 2}):
        with pytest.raises(ValueError, match=next(reversed(wrong))):
            cls(**small | wrong)


def test_weights_that_are_not_finite_pass_on_without_a_warning(tmp_path):
    state = pgan().state_dict()
    state["toRGBLayers.2.module.weight"].fill_(3e38)
    state["formatLayer.module.weight"][0, 0] = float("nan")
    imported, _ = read(tmp_path / "p.pt", {"netG": state})
    assert not np.isfinite(imported.tensors["torgb16.weight"]).any()
