"""Generators survive the way through a file bit by bit, and nothing unfit is written."""

import json

import pytest
import safetensors.torch
import torch

import latentstudio
from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import read_header
from latentstudio.checkpoints.store import load_generator, save_generator


@pytest.fixture(params=["dcgan", "stylegan2"])
def generator(request):
    return request.getfixturevalue(request.param)


def pictures(generator):
    with torch.no_grad():
        return generator(generator.sample_z(2, 7))


def test_the_same_pixels_come_back(generator, save):
    loaded = latentstudio.load(save(generator))
    assert type(loaded) is type(generator)
    generator.settle()  # convolutions of another memory order may round differently
    assert torch.equal(pictures(loaded), pictures(generator))
    for key, value in generator.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], value), key
    for (key, mine), (_, its) in zip(
        generator.named_buffers(), loaded.named_buffers(), strict=True
    ):
        assert torch.equal(mine, its), key  # filter kernels are not in the file


def test_loaded_is_ready_to_draw(stylegan2, save):
    loaded = load_generator(save(stylegan2.train(), name="Faces"))
    assert not any(module.training for module in loaded.modules())
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    assert loaded.name == "Faces"
    assert stylegan2.training  # saving left it alone


def test_the_header_tells_what_the_network_is(generator, save, kit):
    path = save(generator, name="Köpfe ☺")
    header = read_header(path)
    assert header.info == load_generator(path).info
    assert header.info.layers == generator.layers
    assert header.info.name == "Köpfe ☺"
    assert (header.data, header.training) == (kit.DATA, kit.TRAINING)
    assert header.config == json.loads(json.dumps(generator.config()))
    assert header.version == 1 and header.created.startswith("20")


def test_another_library_reads_the_same_tensors(generator, save):
    path = save(generator)
    theirs = safetensors.torch.load_file(path)
    ours = generator.state_dict()
    assert theirs.keys() == ours.keys()
    assert all(torch.equal(theirs[key], ours[key]) for key in ours)
    with safetensors.safe_open(path, "pt") as file:
        assert list(file.metadata()) == ["latentstudio"]


def test_the_hash_is_the_documented_one(generator, save, kit):
    path = save(generator)
    assert read_header(path).info.content_hash == kit.true_hash(*kit.split(path.read_bytes()))


def test_the_hash_is_of_content_alone(make, tmp_path):
    def digest(generator, name="a", training=(), labels=(), half=False):
        return save_generator(
            tmp_path / "g.safetensors",
            generator,
            name=name,
            data={},
            training=dict(training),
            labels=labels,
            half=half,
        )

    first = digest(make.dcgan())
    assert digest(make.dcgan(), name="b", training={"seconds": 3}) == first
    other = make.dcgan()
    with torch.no_grad():
        other.head.bias[1] += 1e-6
    assert digest(other) != first
    # The same tensors under another configuration are another generator.
    assert digest(make.dcgan(max_features=999)) != first
    assert digest(make.dcgan(), half=True) != first
    classes = make.dcgan(num_classes=2)
    assert digest(classes, labels=("x", "y")) == digest(classes)


def test_half_stores_what_it_says(stylegan2, save):
    full, half = save(stylegan2), save(stylegan2, "h.safetensors", half=True)
    assert half.stat().st_size < 0.75 * full.stat().st_size  # tiny weights, long header
    loaded = load_generator(half).state_dict()
    for key, value in stylegan2.state_dict().items():
        assert torch.equal(loaded[key], value.half().float()), key


def test_labels(make, save):
    path = save(make.dcgan(num_classes=2), labels=("cat", "dog"))
    assert load_generator(path).labels == read_header(path).info.labels == ("cat", "dog")
    with pytest.raises(CheckpointError, match="3 labels for 2 classes"):
        save(make.dcgan(num_classes=2), labels=("a", "b", "c"))


def test_saved_again_keeps_labels_and_hash(make, save):
    first = save(make.dcgan(num_classes=2), labels=("cat", "dog"))
    loaded = load_generator(first)
    assert read_header(save(loaded, "again.safetensors")).info == loaded.info


def test_memory_format_does_not_matter(dcgan, save, tmp_path):
    plain = save(dcgan)
    turned = save(dcgan.to(memory_format=torch.channels_last), "turned.safetensors")
    assert read_header(plain).info == read_header(turned).info


def test_random_state_is_untouched(generator, save):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    load_generator(save(generator))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_broken_weights_are_not_saved(dcgan, save, bad):
    path = save(dcgan)
    before = path.read_bytes()
    with torch.no_grad():
        dcgan.stem.weight[0, 0, 0, 0] = bad
    with pytest.raises(CheckpointError, match=r"'stem\.weight' that are not finite"):
        save(dcgan)
    assert path.read_bytes() == before


def test_overflow_in_half_is_refused(dcgan, save):
    with torch.no_grad():
        dcgan.stem.weight[0, 0, 0, 0] = 70000.0
    save(dcgan)
    with pytest.raises(CheckpointError, match="not finite in float16"):
        save(dcgan, half=True)


@pytest.mark.parametrize("training", [{"x": object()}, {"x": float("nan")}, {"x": "\ud800"}])
def test_provenance_must_be_json(dcgan, save, training, tmp_path):
    with pytest.raises(CheckpointError, match="cannot be described"):
        save(dcgan, training=training)
    assert not list(tmp_path.iterdir())


def test_a_name_is_one_line(dcgan, save):
    with pytest.raises(CheckpointError, match="not printable"):
        save(dcgan, name="two\nlines")


def test_a_network_unlike_its_configuration_is_not_saved(dcgan, save):
    dcgan.ngf = 4  # what config() says; the weights were made with 2
    with pytest.raises(CheckpointError, match="of shape"):
        save(dcgan)
