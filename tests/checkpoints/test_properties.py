"""Whatever is written is read again; whatever else is read gives a sentence, and soon."""

import json
import random
import time

import numpy as np
import safetensors
import safetensors.numpy
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.header import read_header
from latentstudio.checkpoints.layout import read_layout, strict_json
from latentstudio.checkpoints.sniff import describe
from latentstudio.checkpoints.store import load_generator

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), max_size=60)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
leaves = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(texts, values, max_size=4)

shared_folder = settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@shared_folder
@given(name=names, data=objects, training=objects, labels=st.tuples(names, names))
def test_headers_survive(tmp_path, make, name, data, training, labels):
    from latentstudio.checkpoints.store import save_generator

    path = tmp_path / "g.safetensors"
    digest = save_generator(
        path,
        make.dcgan(num_classes=2),
        name=name,
        data=data,
        training=training,
        labels=labels,
    )
    header = read_header(path)
    assert (header.data, header.training) == (data, training)
    assert (header.info.name, header.info.labels) == (name, labels)
    assert header.info.content_hash == digest == load_generator(path).content_hash


arrays = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.float16, np.int64, np.int32, np.int8, np.uint8]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)


@shared_folder
@given(st.dictionaries(names, arrays, max_size=3).filter(lambda d: "__metadata__" not in d))
def test_the_layout_is_read_as_the_library_wrote_it(tmp_path, tensors):
    path = tmp_path / "a.safetensors"
    content = safetensors.numpy.save(tensors, metadata={"k": "v"})
    path.write_bytes(content)
    with path.open("rb") as file:
        layout = read_layout(file, len(content), path)
    assert layout.metadata == {"k": "v"}
    assert layout.tensors.keys() == tensors.keys()
    for name, array in tensors.items():
        spec = layout.tensors[name]
        assert spec.shape == array.shape
        assert content[spec.begin : spec.end] == array.tobytes()


@given(values)
def test_strict_json_reads_json(value):
    text = json.dumps(value)
    assert strict_json(text) == json.loads(text)


@given(st.binary(max_size=200))
def test_any_bytes_can_be_described(head):
    what = describe(head)
    assert what is None or what.startswith("a")


@shared_folder
@given(
    st.binary(max_size=300)
    | st.binary(max_size=200).map(lambda b: len(b).to_bytes(8, "little") + b)
    | values.map(lambda v: json.dumps({"a": v, "__metadata__": v}).encode()).map(
        lambda b: len(b).to_bytes(8, "little") + b
    )
)
def test_arbitrary_bytes_give_a_sentence(tmp_path, content):
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    try:
        read_header(path)
    except CheckpointError as error:
        assert str(path) in str(error) and "\n" not in str(error)
    else:
        raise AssertionError("no such file is a checkpoint")


def mutated(content, rng):
    """A copy of a file, damaged in one of the ways that files are damaged."""
    result = bytearray(content)
    length = int.from_bytes(content[:8], "little")
    # Half of the damage goes to the header, which is a small part of a file.
    place = rng.randrange(8 + length if rng.random() < 0.5 else len(content))
    kind = rng.randrange(6)
    if kind == 0:
        result[place] ^= 1 << rng.randrange(8)
    elif kind == 1:
        del result[place:]
    elif kind == 2:
        del result[place : place + rng.randrange(1, 20)]
    elif kind == 3:
        result[place:place] = rng.randbytes(rng.randrange(1, 20))
    elif kind == 4:
        other = rng.randrange(len(content))
        result[place : place + 30] = content[other : other + 30]
    else:  # a digit becomes another one: the header stays JSON
        digits = [i for i in range(8, 8 + length) if chr(result[i]).isdigit()]
        result[rng.choice(digits)] = ord(rng.choice("0123456789"))
    return bytes(result)


def test_damage_gives_a_sentence_or_the_same_weights(save, dcgan):
    path = save(dcgan)
    content, weights = path.read_bytes(), dcgan.state_dict()
    rng = random.Random(0)
    outcomes = {"refused": 0, "opened": 0}
    began = time.perf_counter()
    for _ in range(600):
        path.write_bytes(mutated(content, rng))
        try:
            loaded = load_generator(path)
        except CheckpointError as error:
            assert str(path) in str(error) and "\n" not in str(error)
            outcomes["refused"] += 1
        else:
            # Only what the content hash leaves out (name, provenance) may have changed.
            state = loaded.state_dict()
            assert all(torch.equal(state[key], weights[key]) for key in weights)
            outcomes["opened"] += 1
    assert time.perf_counter() - began < 60
    assert outcomes["refused"] > 400 and outcomes["opened"] > 10, outcomes
