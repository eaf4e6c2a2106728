"""Whole files whose network cannot be, or does not fit: refused before memory is taken."""

import time

import numpy as np
import pytest

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import read_header
from latentstudio.checkpoints.store import load_generator


def refusal(path):
    read_header(path)  # the header alone is in order
    began = time.perf_counter()
    with pytest.raises(CheckpointError) as caught:
        load_generator(path)
    assert time.perf_counter() - began < 5.0
    sentence = str(caught.value)
    assert "\n" not in sentence and str(path) in sentence
    return sentence


def rename(forge, old, new):
    forge.header = {new if key == old else key: value for key, value in forge.header.items()}


def test_the_forge_itself_makes_good_files(forge):
    load_generator(forge.write())


def test_an_unknown_family(forge):
    forge.document["info"]["family"] = "biggan"
    sentence = refusal(forge.write())
    assert "'biggan'" in sentence and "dcgan, progan, stylegan, stylegan2" in sentence


def test_another_family_under_this_name(forge):
    forge.document["info"]["family"] = "stylegan2"
    assert "stylegan2" in refusal(forge.write())


def test_a_missing_tensor(forge):
    rename(forge, "stem_norm.running_mean", "stem_norm.other")
    assert "lacks the tensor 'stem_norm.running_mean'" in refusal(forge.write())


def test_a_tensor_too_many(forge):
    forge.header["zzz"] = {
        "dtype": "F32",
        "shape": [1],
        "data_offsets": [len(forge.data), len(forge.data) + 4],
    }
    forge.data += bytes(4)
    assert "'zzz', which is not in" in refusal(forge.write())


def test_a_wrong_shape(forge):
    forge.header["head.weight"]["shape"].reverse()
    sentence = refusal(forge.write())
    assert "'head.weight' of shape [4, 4, 3, 2], not [2, 3, 4, 4]" in sentence


def test_a_wrong_type(forge):
    forge.header["head.bias"]["dtype"] = "I32"
    assert "'head.bias' of type I32, not F64 or F32" in refusal(forge.write())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite(forge, bad):
    forge.tensor("stem.weight")[8:12] = np.float32(bad).tobytes()
    assert "'stem.weight' that are not finite" in refusal(forge.write())


def test_a_changed_weight(forge):
    forge.tensor("stem.weight")[9] ^= 1
    assert "content hash" in refusal(forge.write(rehash=False))


def test_a_description_that_contradicts_the_configuration(forge):
    forge.document["info"]["layers"][0]["resolution"] = 16
    assert "contradicts its configuration" in refusal(forge.write())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"resolution": 10**9}, "'resolution' = '1000000000'"),
        ({"resolution": -64}, "resolution -64 is not a power of two"),
        ({"resolution": "64"}, "no possible dcgan network"),
        ({"resolution": 8192}, "larger network than the"),
        ({"z_dim": 10**9}, "'z_dim'"),
        ({"z_dim": 60_000, "ngf": 60_000, "max_features": 60_000}, "larger network than the"),
        ({"z_dim": -1}, "no possible dcgan network"),
        ({"z_dim": 1e300}, "'z_dim'"),
        ({"z_dim": [[[[1]]]]}, "'z_dim'"),
        ({"z_dim": {"a": 1}}, "'z_dim'"),
        ({"ngf": None}, "no possible dcgan network"),
        ({"upsample": "x" * 10_000}, "'upsample'"),
        ({"upsample": "other"}, "is not transpose or resize"),
        ({"surprise": 1}, "surprise"),
        ({"self": 1}, "no possible dcgan network"),
        ({"ngf": 4}, "of shape"),
    ],
)
def test_an_impossible_configuration(forge, change, words):
    forge.document["config"] |= change
    assert words in refusal(forge.write())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mapping_layers": 10**6}, "'mapping_layers'"),
        ({"mapping_layers": 250, "hidden_dim": 65_536}, "larger network than the"),
        ({"resample_filter": [1.0] * 10_000}, "'resample_filter'"),
        ({"mapping_lr": 0}, "no possible stylegan2 network"),
        ({"channel_max": 0}, "stylegan2"),
        ({"num_classes": 65_000, "embed_dim": 65_000}, "larger network than the"),
    ],
)
def test_an_impossible_stylegan2(save, stylegan2, kit, change, words):
    forge = kit.Forge(save(stylegan2))
    forge.document["config"] |= change
    assert words in refusal(forge.write())


@pytest.mark.parametrize(
    "change",
    [
        {"activation": "other"},
        {"mapping_activation": "other"},
        {"resample_filter": [0, 0]},
        {"resample_filter": []},
        {"conv_clamp": "x"},
    ],
)
def test_a_configuration_that_cannot_draw(save, stylegan2, kit, change):
    forge = kit.Forge(save(stylegan2))
    forge.document["config"] |= change
    path = forge.write()
    sentence = refusal(path)  # on construction or when drawing: that is the family's choice
    assert "cannot draw" in sentence or "no possible stylegan2 network" in sentence


def test_memory_that_runs_out(forge, monkeypatch):
    import latentstudio.checkpoints.store as store

    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(store, "_fill", fail)
    assert "does not fit into the free memory" in refusal(forge.write())


def test_memory_that_the_allocator_refuses(forge, monkeypatch):
    from latentstudio.generators.dcgan import DCGAN

    def fail(self, **_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes")

    monkeypatch.setattr(DCGAN, "__init__", fail)
    assert "does not fit into the free memory" in refusal(forge.write())
