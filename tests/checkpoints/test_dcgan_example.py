"""PyTorch's DCGAN example: the pixels of the same layers under their original names."""

import numpy as np
import pytest
import torch

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.families import family_class
from latentstudio.checkpoints.torch_file import read_torch_file
from tests.oracles import foreign


def original(nz=6, widths=(16, 8, 4), nc=3):
    torch.manual_seed(1)
    return foreign.randomised(foreign.ExampleDCGAN(nz, list(widths), nc), 1)


def read(path, content, **options):
    torch.save(content, path, **options)
    imported = read_torch_file(path)
    assert all(isinstance(v, np.ndarray) for v in imported.tensors.values())
    network = family_class(imported.family, "test")(**imported.config)
    network.load_state_dict({k: torch.tensor(np.asarray(v)) for k, v in imported.tensors.items()})
    return imported, network.eval().requires_grad_(False)


@pytest.mark.parametrize(
    "widths, nc", [((16, 8, 4), 3), ((16, 8, 4), 1), ((16, 16, 8), 3), ((4, 2), 3)]
)
@pytest.mark.parametrize("zipped", [True, False])
def test_same_pixels(tmp_path, widths, nc, zipped):
    oracle = original(widths=widths, nc=nc)
    options = {"_use_new_zipfile_serialization": zipped}
    imported, network = read(tmp_path / "netG_epoch_24.pth", oracle.state_dict(), **options)
    z = network.sample_z(3, 5)
    theirs = oracle.double()(z.double())
    assert theirs.shape == (3, nc, 4 << len(widths), 4 << len(widths))
    assert float((network.synthesize(network.map(z)) - theirs).abs().max()) < 5e-6
    assert imported.name == "netG_epoch_24"


def test_data_parallel_and_old_batch_norms(tmp_path):
    state = original().state_dict()
    old = {f"module.{k}": v for k, v in state.items() if not k.endswith("num_batches_tracked")}
    _, one = read(tmp_path / "a.pth", old)
    _, two = read(tmp_path / "b.pth", {"netG": state, "epoch": 3})
    z = one.sample_z(1, 0)
    assert torch.equal(one(z), two(z))


def test_other_widths_get_one_sentence(tmp_path):
    torch.save(original(widths=(16, 4, 4)).state_dict(), tmp_path / "g.pth")
    with pytest.raises(CheckpointError, match="do not halve"):
        read_torch_file(tmp_path / "g.pth")


def test_its_discriminator_gets_one_sentence(tmp_path):
    state = {f"main.{i}.weight": torch.zeros(4, 4, 4, 4) for i in (0, 2, 5, 8, 11)}
    state["main.3.running_mean"] = torch.zeros(4)
    torch.save(state, tmp_path / "netD.pth")
    with pytest.raises(CheckpointError, match="discriminator"):
        read_torch_file(tmp_path / "netD.pth")
