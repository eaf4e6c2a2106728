"""Beginning with the weights of another run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch

from latentstudio.generators.growth import Growth
from trainer.config import RunConfig
from trainer.errors import TrainingError
from trainer.loop import train
from trainer.networks import build_state
from trainer.state import Snapshots, read_snapshot
from trainer.warmstart import warm_start

Small = Callable[..., RunConfig]


def test_larger_network_begins_with_the_enlarged_picture(tmp_path: Path, small: Small) -> None:
    config = msgspec.structs.replace(small(seed=1), resolution=8)
    old = build_state(config, 3)
    header, tensors = read_snapshot(Snapshots(tmp_path).save(old, config))
    new = build_state(small(seed=2), 3)
    before = {k: v.clone() for k, v in new.discriminator.state_dict().items()}
    warm_start(new, header, tensors)

    z = old.generator.sample_z(2, 0)
    with torch.no_grad():
        small_picture, picture = old.average(z), new.average(z)
    shrunk = torch.nn.functional.avg_pool2d(picture, 2)
    # The upsampling filter blurs: alike, but not the same.
    pair = torch.stack([small_picture.flatten(), shrunk.flatten()])
    assert torch.corrcoef(pair)[0, 1] > 0.9

    after = new.discriminator.state_dict()
    source = old.discriminator.state_dict()
    assert torch.equal(after["blocks.1.conv0.weight"], source["blocks.0.conv0.weight"])
    assert torch.equal(after["blocks.0.conv0.weight"], before["blocks.0.conv0.weight"])
    assert torch.equal(after["fc.weight"], source["fc.weight"])


def test_strided_stem_sees_the_shrunk_picture(tmp_path: Path, small: Small) -> None:
    config = msgspec.structs.replace(small(seed=1), resolution=8)
    old = build_state(config, 3)
    path = Snapshots(tmp_path).save(old, config)
    strided = {"channel_base": 128, "channel_max": 8, "stem": "strided"}
    new = build_state(small(seed=2, discriminator_args=strided), 3)
    warm_start(new, *read_snapshot(path))
    images = torch.randn(4, 3, 16, 16)
    with torch.no_grad():
        expected = old.discriminator(torch.nn.functional.avg_pool2d(images, 2))
        torch.testing.assert_close(new.discriminator(images), expected, rtol=1e-4, atol=1e-4)


def test_strided_stems_move_up_by_one(tmp_path: Path, small: Small) -> None:
    strided = {"channel_base": 128, "channel_max": 8, "stem": "strided"}
    config = msgspec.structs.replace(small(seed=1, discriminator_args=strided), resolution=8)
    old = build_state(config, 3)
    path = Snapshots(tmp_path).save(old, config)
    new = build_state(small(seed=2, discriminator_args=strided), 3)
    warm_start(new, *read_snapshot(path))
    before, after = old.discriminator.state_dict(), new.discriminator.state_dict()
    # The stem alone takes 8 px down to 4; at 16 px one block is new.
    assert not any(key.startswith("blocks.0") for key in before)
    assert any(key.startswith("blocks.0") for key in after)
    assert torch.equal(after["conv.weight"], before["conv.weight"])


def test_same_resolution_copies_everything(tmp_path: Path, small: Small) -> None:
    old = build_state(small("dcgan", seed=1), 3)
    path = Snapshots(tmp_path).save(old, small("dcgan", seed=1))
    new = build_state(small("dcgan", seed=2), 3)
    warm_start(new, *read_snapshot(path))
    for name in ("generator", "average", "discriminator"):
        for a, b in zip(
            getattr(old, name).state_dict().values(),
            getattr(new, name).state_dict().values(),
            strict=True,
        ):
            assert torch.equal(a, b)


@pytest.mark.parametrize("name", ["progan", "stylegan"])
def test_growing_networks_start_from_their_own_size_alone(
    tmp_path: Path, small: Small, name: str
) -> None:
    old = build_state(small(name, seed=1, grow_from=4), 3)
    path = Snapshots(tmp_path).save(old, small(name, seed=1, grow_from=4))
    new = build_state(small(name, seed=2, grow_from=16), 3)
    warm_start(new, *read_snapshot(path))
    old.grow(Growth(16))
    z = old.generator.sample_z(2, 0)
    with torch.no_grad():
        images = old.average(z, noise="none")
        assert images.shape[2] == 16
        torch.testing.assert_close(new.average(z, noise="none"), images)
        torch.testing.assert_close(new.discriminator(images), old.discriminator(images))

    tiny = msgspec.structs.replace(small(name), resolution=8)
    path = Snapshots(tmp_path / "tiny").save(build_state(tiny, 3), tiny)
    with pytest.raises(TrainingError, match=r"it grows by itself, with --grow-from\."):
        warm_start(new, *read_snapshot(path))


def test_run_remembers_what_it_began_with(tmp_path: Path, small: Small) -> None:
    train(small(), tmp_path / "first", report=lambda sentence: None)
    config = small(kimg=0.016)
    train(config, tmp_path / "second", start=tmp_path / "first", report=lambda sentence: None)
    header = Snapshots(tmp_path / "second" / "snapshots").load()[1]
    assert header.images == 16
    assert header.config.start == "first"
    assert header.config.start_images == 80


@pytest.mark.parametrize("other", ["dcgan", "smaller", "wider"])
def test_what_does_not_fit_is_refused(tmp_path: Path, small: Small, other: str) -> None:
    path = Snapshots(tmp_path).save(build_state(small(), 3), small())
    config = small("dcgan") if other == "dcgan" else small()
    if other == "smaller":
        config = msgspec.structs.replace(config, resolution=8)
    if other == "wider":
        wide = {"channel_base": 256, "channel_max": 16}
        own = {"z_dim": 8, "w_dim": 16, "mapping_layers": 2, **wide}
        config = small(generator_args=own, discriminator_args=wide)
    with pytest.raises(TrainingError, match=r"cannot start|other widths"):
        warm_start(build_state(config, 3), *read_snapshot(path))
