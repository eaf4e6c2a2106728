"""PyTorch files that are hostile, damaged or something else: one sentence, and torch unseen."""

import argparse
import io
import random
import struct
import subprocess
import sys
import zipfile

import pytest
import torch

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.imported import Imported
from latentstudio.checkpoints.torch_file import load_state, read_torch_file
from latentstudio.checkpoints.torch_state import Settings, flatten
from tests.oracles import foreign

TERABYTE = 1 << 40
MAGIC = 0x1950A86A20F9469CFC6C


# Pickles by hand, opcode by opcode


def name(module, attribute):
    return f"c{module}\n{attribute}\n".encode()


def text(value):
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def whole(value):
    if -(1 << 31) <= value < 1 << 31:
        return b"J" + struct.pack("<i", value)
    raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(raw)]) + raw


def several(*items):
    return b"(" + b"".join(items) + b"t"


def storage(count=4, key="0", kind="FloatStorage"):
    fields = [text("storage"), name("torch", kind), text(key), text("cpu"), whole(count)]
    return several(*fields) + b"Q"


ORDERED = name("collections", "OrderedDict") + b")R"


def tensor(size=(4,), stride=(1,), offset=0, store=None, rest=b""):
    return (
        name("torch._utils", "_rebuild_tensor_v2")
        + several(
            storage() if store is None else store,
            whole(offset),
            several(*map(whole, size)),
            several(*map(whole, stride)),
            b"\x89" + ORDERED + rest,
        )
        + b"R"
    )


def call(function, *args):
    module, _, attribute = function.rpartition(".")
    return name(module, attribute) + several(*args) + b"R"


def top(value):
    """A dict that holds the value, as one pickle."""
    return b"\x80\x02}" + text("x") + value + b"s."


def zipped(pickled, storages=None, **options):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **options) as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/version", "3\n")
        for key, data in ({"0": bytes(16)} if storages is None else storages).items():
            archive.writestr(f"archive/data/{key}", data)
    return stream.getvalue()


def legacy(pickled, storages=None, item_size=4):
    parts = [b"\x80\x02" + whole(MAGIC) + b".", b"\x80\x02" + whole(1001) + b".", b"\x80\x02}."]
    storages = {"0": bytes(16)} if storages is None else storages
    keys = b"\x80\x02](" + b"".join(map(text, storages)) + b"e."
    numbers = [struct.pack("<Q", len(d) // item_size) + d for d in storages.values()]
    pickled = pickled.replace(b"tQ", b"NtQ")  # here each storage could be part of another
    return b"".join([*parts, pickled, keys, *numbers])


CONTAINERS = {"zip": zipped, "legacy": legacy}


def refusal(path, content):
    path.write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        read_torch_file(path)
    sentence = str(caught.value)
    assert "\n" not in sentence and len(sentence) < 600 and str(path) in sentence
    return sentence


@pytest.fixture
def unseen(monkeypatch):
    """Torch is not to be reached."""

    def load(*args, **kwargs):
        raise AssertionError("torch.load was called")

    monkeypatch.setattr(torch, "load", load)


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_hand_made_file_is_a_good_one(tmp_path, container):
    path = tmp_path / "g.pt"
    numbers = struct.pack("<4f", 1, 2, 3, 4)
    path.write_bytes(CONTAINERS[container](top(tensor((2,), (2,), 1)), {"0": numbers}))
    assert load_state(path)["x"].tolist() == [2.0, 4.0]


EXECUTES = {
    "os.system": call("os.system", text("false")),
    "posix.system": call("posix.system", text("false")),
    "eval": call("builtins.eval", text("1/0")),
    "python 2": call("__builtin__.eval", text("1/0")),
    "getattr": call("builtins.getattr", text("a"), text("b")),
    "torch.load": call("torch.storage._load_from_bytes", text("a")),
    "hub": call("torch.hub.load", text("a")),
    "never called": name("subprocess", "Popen"),
    "encode": call("_codecs.encode", text("a"), text("zlib")),
}
ALLOCATES = {
    "bytearray": call("builtins.bytearray", whole(TERABYTE)),
    "tensor": call("torch.FloatTensor", whole(TERABYTE)),
    "storage": call("torch.storage.UntypedStorage", whole(TERABYTE)),
    "size beyond": tensor((TERABYTE,)),
    "one beyond": tensor((5,)),
    "offset": tensor((4,), offset=1),
    "offset of nothing": tensor((0,), offset=TERABYTE),
    "stride": tensor((2,), (4,)),
    "expanded": tensor((TERABYTE,), (0,)),
    "expanded a little": tensor((2, 4), (0, 1)),
    "negative": tensor((-1,)),
    "backwards": tensor((4,), (-1,), offset=3),
    "dimensions": tensor((1,) * 70, (1,) * 70),
    "no stride": tensor((4,), ()),
    "metadata": tensor(rest=b"}" + text("conj") + b"\x88s"),
    "long storage": tensor((1,), store=storage(TERABYTE)),
    "short storage": tensor((1,), store=storage(3)),
    "negative storage": tensor((0,), store=storage(-1)),
    "no storage": tensor((1,), store=storage(4, "nowhere")),
    "other width": tensor((1,), store=storage(4, kind="DoubleStorage")),
    "two widths": several(storage(4), storage(2, kind="DoubleStorage")),
    "not a storage": tensor((1,), store=text("0")),
}
KINDS = {
    "complex": tensor(store=storage(2, kind="ComplexFloatStorage")),
    "quantised": tensor(store=storage(16, kind="QUInt8Storage")),
    "sparse": call("torch._utils._rebuild_sparse_tensor", whole(0)),
    "quantised call": call("torch._utils._rebuild_qtensor", whole(0)),
    "nested": call("torch._utils._rebuild_nested_tensor", whole(0)),
    "meta": call("torch._utils._rebuild_meta_tensor_no_storage", whole(0)),
    "subclass": call("torch._tensor._rebuild_from_type_v2", whole(0)),
    "wrapper": call("torch._utils._rebuild_wrapper_subclass", whole(0)),
    "moved": call("torch._utils._rebuild_device_tensor_from_cpu_tensor", tensor((4,))),
}
NAMESPACE = name("argparse", "Namespace")
NONSENSE = {
    "build": ORDERED + b"}" + text("items") + whole(1) + b"sb",
    "build a function": name("torch._utils", "_rebuild_tensor_v2") + b"}b",
    "state of a tensor": tensor() + several(whole(1)) + b"b",
    "call of settings": NAMESPACE + b")R",
    "settings with arguments": NAMESPACE + several(whole(1)) + b"\x81",
    "state of settings": NAMESPACE + b")\x81" + several(b"}", b"}") + b"b",
    "call of a text": text("a") + b")R",
    "ordered dict with content": name("collections", "OrderedDict") + several(b"]") + b"R",
    "item of a tensor": tensor() + whole(0) + whole(1) + b"s",
    "append to a dict": b"}" + whole(0) + b"a",
    "memo": b"h\x07",
    "empty stack": b"0" * 9,
    "mark": b"u",
    "short tuple": b"\x87\x87\x87",
    "parameter of nothing": call("torch._utils._rebuild_parameter", whole(1), b"\x89", ORDERED),
    "device": call("torch.device", whole(1)),
    "persistent module": several(text("module"), whole(1)) + b"Q",
    "deep key": b"}" + b")" + b"\x85" * 100_000 + whole(0) + b"s",
    "large key": b"}" + whole((1 << 61) - 1) + whole(0) + b"s",
    "long text": b"X\xff\xff\xff\xff",
    "very long text": b"\x8d" + struct.pack("<Q", TERABYTE),
    "very long number": b"\x8b\xff\xff\xff\x7f",
    "long line": b"c" + b"a" * 5000,
    "endless": b"N0" * 300_000,
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("attack", EXECUTES)
def test_what_could_run_is_refused_by_name(tmp_path, unseen, container, attack):
    sentence = refusal(tmp_path / "g.pt", CONTAINERS[container](top(EXECUTES[attack])))
    assert "could run code" in sentence


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("attack", ALLOCATES)
def test_claims_are_held_against_the_file(tmp_path, unseen, container, attack):
    refusal(tmp_path / "g.pt", CONTAINERS[container](top(ALLOCATES[attack])))


@pytest.mark.parametrize("kind", KINDS)
def test_other_kinds_of_tensors_are_refused_by_name(tmp_path, unseen, kind):
    assert "of a kind that is not read here" in refusal(tmp_path / "g.pt", zipped(top(KINDS[kind])))


@pytest.mark.parametrize("attack", NONSENSE)
def test_pickles_that_torch_never_writes_are_refused(tmp_path, unseen, attack):
    refusal(tmp_path / "g.pt", zipped(top(NONSENSE[attack])))


def test_a_large_number_of_steps_ends(tmp_path, unseen):
    assert "too long" in refusal(tmp_path / "g.pt", zipped(b"\x80\x02" + b"NNNN" * 150_000))
    assert "too large" in refusal(tmp_path / "g.pt", zipped(b"N" * (9 << 20)))


def test_a_structure_that_contains_itself_is_only_unknown(tmp_path):
    around = b"}q\x01" + text("self") + b"h\x01s"
    assert "not known here" in refusal(tmp_path / "g.pt", zipped(top(around)))
    around = b"]q\x01h\x01a"
    assert "not known here" in refusal(tmp_path / "g.pt", legacy(top(around), {}))


def test_memo_bombs_take_no_room(tmp_path):
    doubled = b")" + b"".join(b"q\x01h\x01\x86" for _ in range(2000))
    assert "not known here" in refusal(tmp_path / "g.pt", zipped(top(doubled)))


# Containers


def good(**options):
    stream = io.BytesIO()
    torch.save(foreign.ExampleDCGAN(3, [4, 2], 1).state_dict(), stream, **options)
    return stream.getvalue()


def rezipped(content, *, method=zipfile.ZIP_STORED, add=(), skip=()):
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", method) as new,
    ):
        for item in old.namelist():
            if item not in skip:
                new.writestr(item, old.read(item))
        for item, data in add:
            new.writestr(item, data)
    return stream.getvalue()


def test_compressed_archives_are_refused(tmp_path, unseen):
    bomb = zipped(top(tensor()), {"0": bytes(1 << 24)}, compression=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 1 << 16
    assert "compressed" in refusal(tmp_path / "g.pt", bomb)


def test_encrypted_members_are_refused(tmp_path, unseen):
    content = bytearray(zipped(top(tensor())))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in refusal(tmp_path / "g.pt", bytes(content))


def test_torchscript_is_refused_by_name(tmp_path, unseen):
    for member in ("constants.pkl", "code/__torch__/module.py"):
        content = rezipped(good(), add=[(f"archive/{member}", b"pass")])
        assert "TorchScript" in refusal(tmp_path / "g.pt", content)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "member",
    [
        "archive/data.pkl",
        "archive/DATA.PKL",
        "other/data.pkl",
        "../data.pkl",
        "archive/é",
        "a" * 300,
    ],
)
def test_ambiguous_members_are_refused(tmp_path, unseen, member):
    refusal(tmp_path / "g.pt", rezipped(good(), add=[(member, b"")]))


def test_other_archives_are_refused(tmp_path, unseen):
    content = good()
    assert "absent" in refusal(tmp_path / "g.pt", rezipped(content, skip=["archive/data.pkl"]))
    assert "absent" in refusal(tmp_path / "g.pt", rezipped(content, skip=["archive/data/3"]))
    refusal(tmp_path / "g.pt", content + b"tail")
    refusal(tmp_path / "g.pt", b"PK\x03\x04" + bytes(500) + content)
    refusal(tmp_path / "g.pt", b"PK\x05\x06" + bytes(18))
    refusal(tmp_path / "g.pt", b"PK\x03\x04")
    refusal(tmp_path / "g.pt", b"")
    many = rezipped(content, add=[(f"archive/{i}", b"") for i in range(20_100)])
    assert "more than it does" in refusal(tmp_path / "g.pt", many)


ENTRY, END = b"PK\x01\x02", b"PK\x05\x06"
LIES = {
    "method": (ENTRY, 10),
    "stored size": (ENTRY, 20),
    "size": (ENTRY, 24),
    "length of the name": (ENTRY, 28),
    "place": (ENTRY, 42),
    "length of the list": (END, 12),
    "place of the list": (END, 16),
    "comment": (END, 20),
}


@pytest.mark.parametrize("lie", LIES)
def test_lies_in_the_list_of_members_are_refused(tmp_path, unseen, lie):
    content = bytearray(zipped(top(tensor())))
    signature, offset = LIES[lie]
    content[content.rindex(signature) + offset + 1] ^= 0x40
    refusal(tmp_path / "g.pt", bytes(content))


def test_a_second_list_of_members_is_refused(tmp_path, unseen):
    """A zip64 record that only some readers would follow."""
    content = zipped(top(tensor()))
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, 0, 1)
    refusal(tmp_path / "g.pt", content[:-22] + bytes(56) + locator + content[-22:])


@pytest.mark.parametrize("options", [{}, {"_use_new_zipfile_serialization": False}])
def test_every_truncation_gets_one_sentence(tmp_path, options):
    content = good(**options)
    for length in [*range(0, 200, 7), *range(200, len(content), 211), len(content) - 1]:
        refusal(tmp_path / "g.pt", content[:length])


def test_legacy_storages_must_be_those_described(tmp_path, unseen):
    pickled = top(tensor())
    refusal(tmp_path / "g.pt", legacy(pickled, {}))
    refusal(tmp_path / "g.pt", legacy(pickled, {"0": bytes(16), "1": bytes(16)}))
    refusal(tmp_path / "g.pt", legacy(pickled, {"0": bytes(12)}))
    content = legacy(pickled)
    lie = content[:-24] + struct.pack("<Q", TERABYTE) + content[-16:]
    assert "not as long" in refusal(tmp_path / "g.pt", lie)
    twice = legacy(pickled, {"0": bytes(16)}).replace(text("0") + b"e.", text("0") * 2 + b"e.")
    refusal(tmp_path / "g.pt", twice + bytes(24))
    assert "cut short" in refusal(tmp_path / "g.pt", content[:-1])


def test_newer_protocols_and_tar_files_are_refused(tmp_path, unseen):
    stream = io.BytesIO()
    torch.save({"x": torch.zeros(2)}, stream, pickle_protocol=4)
    assert "protocol 4" in refusal(tmp_path / "g.pt", stream.getvalue())
    refusal(tmp_path / "g.pt", b"storages".ljust(512, b"\0") * 4)


@pytest.mark.parametrize("options", [{}, {"_use_new_zipfile_serialization": False}])
def test_mutations_crash_nothing(tmp_path, options):
    content, path, random_ = good(**options), tmp_path / "g.pt", random.Random(7)
    heads = [0, content.rindex(b"PK\x01\x02") if not options else 0]
    outcomes = set()
    for _ in range(300):
        changed = bytearray(content)
        for _ in range(random_.choice((1, 1, 2, 5))):
            start = random_.choice(heads)
            at = random_.randrange(start, min(len(changed), start + 4000))
            if random_.random() < 0.8:
                changed[at] = random_.choice((0, 1, 0x2E, 0x80, 0xFF, random_.randrange(256)))
            else:
                changed[at : at + random_.randrange(8)] = random_.randbytes(random_.randrange(8))
        path.write_bytes(changed)
        try:
            outcomes.add(type(read_torch_file(path)))
        except CheckpointError as error:
            assert "\n" not in str(error)
            outcomes.add(CheckpointError)
    assert outcomes == {CheckpointError, Imported}


# What else such files hold


def test_views_settings_and_numbers_come_through(tmp_path):
    base = torch.arange(24.0).reshape(2, 3, 4)
    content = {
        "view": base[:, 1:].transpose(0, 2),
        "half": base.half(),
        "parameter": torch.nn.Parameter(base),
        "args": argparse.Namespace(size=256, name="a", device=torch.device("cpu")),
        "iter": 5,
        "state": {(1 << 47) + 5: None},
    }
    for options in ({}, {"_use_new_zipfile_serialization": False}):
        torch.save(content, tmp_path / "a.pt", **options)
        state = load_state(tmp_path / "a.pt")
        for key in ("view", "half", "parameter"):
            assert torch.equal(state[key], content[key])
        assert isinstance(state["args"], Settings) and state["args"].fields["size"] == 256
        assert state["iter"] == 5


def test_a_zip_file_is_mapped(tmp_path):
    torch.save({"a": torch.zeros(1 << 16)}, tmp_path / "a.pt")
    state = load_state(tmp_path / "a.pt")
    assert not state["a"].untyped_storage().resizable()


def test_state_dicts_are_found_at_the_top_and_below():
    one, two = torch.zeros(1), torch.ones(1)
    assert flatten({"a": one, "n": 3}) == {"": {"a": one}}
    found = flatten({"g": {"module.a": one}, "mean": two, "optim": {"state": {}}, "n": [one]})
    assert found == {"": {"mean": two}, "g": {"a": one}}
    assert flatten([one]) == {}


@pytest.mark.parametrize(
    "content, words",
    [
        ({"d": {"final_linear.0.weight": torch.zeros(2)}}, "holds a discriminator"),
        ({"netD": {"decisionLayer.weight": torch.zeros(2)}}, "holds a discriminator"),
        ({"model": {"conv.weight": torch.zeros(2)}, "g_optim": {}}, "is a training checkpoint"),
        ({"conv.weight": torch.zeros(2)}, "'conv.weight'"),
        ([1, 2], "no tensors by name"),
        (torch.zeros(2), "no tensors by name"),
    ],
)
def test_other_contents_get_one_sentence(tmp_path, content, words):
    stream = io.BytesIO()
    torch.save(content, stream)
    assert words in refusal(tmp_path / "g.pt", stream.getvalue())


def test_the_reader_can_be_imported_without_torch():
    code = "import sys; sys.modules['torch'] = None;import latentstudio.checkpoints.torch_file"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
