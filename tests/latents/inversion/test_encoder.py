"""The encoder: what it says, and its files to the bit."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.generators.info import GeneratorInfo
from latentstudio.latents.inversion.encoder import (
    Encoder,
    load_encoder,
    read_encoder_header,
    save_encoder,
)

INFO = GeneratorInfo("stylegan2", 6, 5, 3, 16, 3, 0, (), True, name="tiny", content_hash="ab" * 32)


def tiny(seed=0, **changes):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = {"resolution": 16, "channels": 3, "dim": 5, "width": 4, "max_width": 8}
        encoder = Encoder(**(config | changes)).eval()
        torch.nn.init.normal_(encoder.guess.weight)
        rotation = torch.linalg.qr(torch.randn(encoder.dim, encoder.dim))[0]
        sigma = torch.linspace(2, 0.1, encoder.dim)
        encoder.set_coordinates(torch.randn(encoder.dim), rotation * sigma[:, None])
    return encoder


def save(path, encoder=None, **changes):
    given = {"training": {"images_seen": 10}, "scores": {"r2": 0.5}} | changes
    return save_encoder(path, encoder or tiny(), INFO, **given)


def pictures(n=3, c=3, size=16):
    return torch.rand(n, c, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_whitened_coordinates_against_numpy():
    encoder = tiny()
    u = torch.randn(7, 5, generator=torch.Generator().manual_seed(2))
    mean, basis = encoder.mean.double().numpy(), encoder.basis.double().numpy()
    latents = encoder.latents(u)
    np.testing.assert_allclose(latents, mean + u.double().numpy() @ basis, atol=1e-6)
    wanted = np.linalg.solve(basis.T, (latents.double().numpy() - mean).T).T
    np.testing.assert_allclose(encoder.whitened(latents), wanted, atol=1e-5)
    torch.testing.assert_close(encoder(pictures()), encoder.latents(encoder.look(pictures())))


def test_a_fresh_one_guesses_the_middle():
    encoder = Encoder(resolution=16, channels=3, dim=5, width=4, max_width=8).eval()
    encoder.mean.fill_(3.0)
    assert (encoder(pictures()) == 3.0).all()


@pytest.mark.parametrize("resolution", [8, 16, 48, 64, 128])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sizes_and_channels(resolution, channels):
    encoder = tiny(resolution=resolution, channels=channels)
    assert encoder(pictures(2, channels, resolution)).shape == (2, 5)
    with pytest.raises(ValueError, match=rf"expected \[n, {channels}, H, W\]"):
        encoder(pictures(2, channels + 1, resolution))


def test_larger_pictures_are_shrunk_without_aliases():
    stripes = torch.full((1, 3, 64, 64), -1.0)
    stripes[..., ::2] = 1.0
    encoder, grey = tiny(), F.avg_pool2d(stripes, 4)
    assert not grey.any()
    aliased = (encoder(stripes[..., ::4, ::4]) - encoder(grey)).abs().max()
    assert (encoder(stripes) - encoder(grey)).abs().max() < 0.2 * aliased


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"resolution": 4}, "resolution"),
        ({"resolution": 512}, "resolution"),
        ({"channels": 2}, "channels"),
        ({"dim": 0}, "dim"),
        ({"width": 1 << 20}, "width"),
        ({"max_width": 1 << 20}, "max_width"),
    ],
)
def test_impossible_encoders_are_refused(changes, word):
    with pytest.raises(ValueError, match=word):
        tiny(**changes)


@pytest.mark.parametrize("half", [False, True])
def test_saved_and_loaded_to_the_bit(tmp_path, half):
    path, encoder = tmp_path / "e.safetensors", tiny()
    digest = save(path, encoder, half=half)
    random_state = torch.get_rng_state()
    loaded, header = load_encoder(path)
    assert torch.equal(torch.get_rng_state(), random_state)
    assert header == read_encoder_header(path)
    assert header.content_hash == digest and header.checkpoint == "ab" * 32
    assert (header.space, header.name, header.resolution) == ("w", "tiny", 16)
    assert header.training == {"images_seen": 10} and header.scores == {"r2": 0.5}
    assert loaded.config() == encoder.config() and not loaded.training
    for name, value in loaded.state_dict().items():
        wanted = encoder.state_dict()[name]
        if half and value.is_floating_point():
            wanted = wanted.half().float()
        assert torch.equal(value, wanted) and not value.requires_grad, name
    atol = 0.02 if half else 0.0
    torch.testing.assert_close(loaded(pictures()), encoder(pictures()), atol=atol, rtol=0)


def test_the_hash_is_of_network_and_weights(tmp_path):
    path = tmp_path / "e.safetensors"
    digests = {save(path, tiny(seed), half=half) for seed in (0, 1) for half in (False, True)}
    assert len(digests) == 4
    assert save(path, scores={}) == save(path, training={"other": 1})


def test_what_cannot_be_saved_leaves_the_file(tmp_path):
    path = tmp_path / "e.safetensors"
    save(path)
    before = path.read_bytes()
    huge, broken = tiny(), tiny()
    huge.basis[0, 0] = 1e6
    broken.mean[0] = torch.nan
    for encoder, word in ((huge, "float16"), (broken, "'mean' that are not finite")):
        with pytest.raises(CheckpointError, match=word):
            save(path, encoder)
    save(path, huge, half=False)
    path.write_bytes(before)
    for changes in ({"training": {"x": float("nan")}}, {"training": {"x": Path()}}):
        with pytest.raises(CheckpointError, match="cannot be described"):
            save(path, **changes)
    nameless = msgspec.structs.replace(INFO, content_hash="")
    with pytest.raises(CheckpointError, match="checkpoint is not a sha256"):
        save_encoder(path, tiny(), nameless, training={}, scores={})
    with pytest.raises(CheckpointError, match="does not exist"):
        save(tmp_path / "nowhere" / "e.safetensors")
    assert path.read_bytes() == before
