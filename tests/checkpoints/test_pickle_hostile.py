"""Pickles made to run code, or to lie: one sentence each."""

import builtins
import functools
import os
import struct

import pytest

from latentstudio.checkpoints.pickle_records import ForbiddenNameError
from latentstudio.checkpoints.pickled_modules import read_network
from tests.pickles import (
    MEMO,
    Call,
    Name,
    Outside,
    Raw,
    array,
    blob,
    dtype,
    module,
    persistent,
    refused,
    scalar,
    tensor,
    whole,
    wire,
    with_attribute,
    with_weight,
)


@pytest.fixture
def refusal(tmp_path):
    return functools.partial(refused, tmp_path)


EXECUTING = [
    "os.system",
    "posix.system",
    "nt.system",
    "subprocess.Popen",
    "builtins.eval",
    "builtins.exec",
    "builtins.getattr",
    "builtins.__import__",
    "__builtin__.eval",
    "builtins.type",
    "builtins.object.__reduce_ex__",
    "importlib.import_module",
    "pickle.loads",
    "_pickle.loads",
    "copyreg._reconstructor",
    "copyreg.__newobj__",
    "functools.partial",
    "operator.attrgetter",
    "types.CodeType",
    "torch.load",
    "torch.serialization.load",
    "torch.storage._load_from_bytes.__globals__",
    "torch.hub.load",
    "numpy.load",
    "numpy.testing._private.utils.runstring",
    "_codecs.lookup",
    "collections.OrderedDict.__init__",
    "latentstudio.checkpoints.pickle_records.Record",
    "torch_utils.persistence._src_to_module",
]


@pytest.mark.parametrize("name", EXECUTING)
@pytest.mark.parametrize("where", ["alone", "attribute", "other network", "class", "state"])
def test_other_names_are_refused_by_name(refusal, monkeypatch, name, where):
    def ran(*args, **kwargs):
        raise SystemExit("it ran")

    monkeypatch.setattr(os, "system", ran)
    monkeypatch.setattr(builtins, "eval", ran)
    call = Call(name, "touch /tmp/it_ran")
    values = {
        "alone": call,
        "attribute": with_attribute([call]),
        "other network": {"D": call, "G_ema": module()},
        "class": Raw(b"(" + f"c{call.name.module}\n{call.name.name}\n".encode() + b")\x81)\x92"),
        "state": with_attribute(Call("dnnlib.util.EasyDict", state={"x": Name(name)})),
    }
    error = refusal(values[where])
    assert isinstance(error, ForbiddenNameError) and error.name == name
    assert repr(name) in str(error)


def test_a_name_cannot_fill_the_screen(refusal):
    code = b"\x80\x04X" + struct.pack("<I", 4000) + b"\x1b[2J" * 1000 + b"X\x01\0\0\0a\x93."
    sentence = str(refusal(code))
    assert sentence.isprintable() and len(sentence) < 400


@pytest.mark.parametrize("part", ["magic", "version", "system", "reference", "keys"])
def test_a_storage_cannot_run_anything_either(refusal, part):
    payload = blob(**{part: Call("os.system", "touch /tmp/it_ran")})
    assert refusal(with_weight(tensor(payload))).name == "os.system"
    # Names of the outer pickle mean nothing in the inner one, and the other way round.
    inner = blob(**{part: Call("torch.storage._load_from_bytes", blob())})
    assert refusal(with_weight(tensor(inner))).name == "torch.storage._load_from_bytes"
    assert refusal(with_weight(Name("torch.FloatStorage"))).name == "torch.FloatStorage"


def test_storages_do_not_nest(refusal):
    nested = Call("torch._utils._rebuild_tensor_v2", tensor(), 0, (2, 3), (3, 1))
    assert "no storage" in str(refusal(with_weight(nested)))
    nested = Call("torch.storage._load_from_bytes", Call("torch.storage._load_from_bytes", blob()))
    refusal(with_weight(Call("torch._utils._rebuild_tensor_v2", nested, 0, (2, 3), (3, 1))))


STRANGE_BUILDS = {
    "a name": Raw(b"cdnnlib.util\nEasyDict\n}(X\x08\0\0\0__call__Nub"),
    "a list": Raw(b"]}X\x09\0\0\0__class__Nsb"),
    "a dictionary": Raw(b"}}X\x09\0\0\0__class__Nsb"),
    "twice": Raw(b"cdnnlib.util\nEasyDict\n)R}b}b"),
    "call of a record": Raw(b"cdnnlib.util\nEasyDict\n)R)R"),
    "call of a text": Raw(b"X\x09\0\0\0os.system)R"),
    "call without a tuple": Raw(b"cdnnlib.util\nEasyDict\n]R"),
    "keywords": Raw(b"cdnnlib.util\nEasyDict\n)}X\1\0\0\0aNs\x92"),
    "items of a name": Raw(b"cdnnlib.util\nEasyDict\nX\1\0\0\0aNs"),
    "items of a list": Raw(b"]X\1\0\0\0aNs"),
    "append to a record": Raw(b"cdnnlib.util\nEasyDict\n)RNa"),
    "append to a dictionary": Raw(b"}Na"),
    "members of a list": Raw(b"](N\x90"),
    "odd items": Raw(b"}(Nu"),
    "names that are no texts": Raw(b"NN\x93"),
    "an extension": Raw(b"\x82\x01"),
    "a buffer outside": Raw(b"\x97"),
    "an old instance": Raw(b"(ios\nsystem\n"),
    "another old instance": Raw(b"(cdnnlib.util\nEasyDict\no"),
    "an old persistent id": Raw(b"Pos.system\n"),
    "a persistent id": Outside("os.system"),
    "nothing kept": Raw(b"h\x07"),
    "kept far away": Raw(b"Nr\xff\xff\xff\x7f"),
    "kept before": Raw(b"Np-1\n"),
    "recalled before": Raw(b"N\x94g-1\n"),
    "empty stack": Raw(b"00000000000000000"),
    "no mark": Raw(b"ttttttttttttttttt"),
    "no number": Raw(b"Iabc\n"),
    "half a letter": Raw(b"X\1\0\0\0\xff"),
    "half a surrogate pair": Raw(b"V\\ud800\n"),
    "a list as key": Raw(b"}]Ns"),
    "a long text as key": Raw(b"}" + b"X" + struct.pack("<I", 9999) + b"a" * 9999 + b"Ns"),
    "a name as member": Raw(b"\x8f(cdnnlib.util\nEasyDict\n\x90"),
}


@pytest.mark.parametrize("case", STRANGE_BUILDS)
def test_strange_instructions(refusal, case):
    assert "is damaged" in str(refusal(with_attribute(STRANGE_BUILDS[case])))


def test_attributes_of_ours_are_out_of_reach(tmp_path):
    """A record's state is a value beside it, whatever its keys are called."""
    state = {"name": "x", "args": (), "entries": 1, "__class__": 2, "__setstate__": 3}
    value = Call("dnnlib.util.EasyDict", state=state, entries={"__class__": 4, "name": 5})
    (tmp_path / "a.pkl").write_bytes(whole(with_attribute(value)))
    network = read_network(tmp_path / "a.pkl")
    assert network.attributes == {"attribute": {"__class__": 4, "name": 5}}


HUGE = (1 << 40).to_bytes(8, "little")
LENGTHS = {
    "LONG1": b"\x8a\xff",
    "LONG4": b"\x8b\xff\xff\xff\x7f",
    "negative LONG4": b"\x8b\xff\xff\xff\xff",
    "BINUNICODE": b"X\xff\xff\xff\xff",
    "SHORT_BINUNICODE": b"\x8c\xff",
    "BINUNICODE8": b"\x8d" + HUGE,
    "BINBYTES": b"B\xff\xff\xff\xff",
    "SHORT_BINBYTES": b"C\xff",
    "BINBYTES8": b"\x8e" + HUGE,
    "BYTEARRAY8": b"\x96" + HUGE,
    "FRAME": b"\x95" + HUGE,
    "most BINBYTES8": b"\x8e" + b"\xff" * 8,
    "a line": b"c" + b"a" * 100,
    "a float": b"G123",
    "an integer": b"J123",
}


@pytest.mark.parametrize("case", LENGTHS)
def test_lengths_beyond_the_end(refusal, case):
    error = refusal(b"\x80\x05" + LENGTHS[case])
    assert any(words in str(error) for words in ("cut short", "too long", "does not end"))


def arrays_that_lie():
    f = "torch.FloatStorage"
    yield "short storage", tensor(blob(count=6, raw=bytes(23)))
    yield "count lies", tensor(blob(count=6, written=7, raw=bytes(28)))
    yield "no count", tensor(blob()[:-28])
    yield "negative count", tensor(blob(count=-1, raw=b""))
    yield "huge count", tensor(blob(count=1 << 60))
    yield "shape beyond", tensor(shape=(2, 4), stride=(4, 1))
    yield "offset beyond", tensor(offset=1)
    yield "negative offset", tensor(offset=-1)
    yield "offset no number", tensor(offset=True)
    yield "stride beyond", tensor(stride=(4, 1))
    yield "negative stride", tensor(stride=(-3, 1))
    yield "negative shape", tensor(shape=(-2, -3))
    yield "repeating", tensor(shape=(4, 3), stride=(0, 1))
    yield "repeating much", tensor(shape=(1000, 1000), stride=(0, 0))
    yield "overflow", tensor(shape=(1 << 31,) * 4, stride=(0,) * 4)
    yield "overflow beside zero", tensor(shape=(0, *(1 << 31,) * 7), stride=(0,) * 8)
    yield "huge stride", tensor(stride=(1 << 62, 1))
    yield "many dimensions", tensor(shape=(1,) * 100_000, stride=(1,) * 100_000)
    yield "strides missing", tensor(stride=(3,))
    yield "shape a list", tensor(shape=[2, 3])
    yield "shape of floats", tensor(shape=(2.0, 3.0))
    yield "nested shape", tensor(shape=((2, 3),))
    yield "complex", tensor(blob(kind="torch.ComplexFloatStorage"))
    yield "quantised", tensor(blob(kind="torch.QInt8Storage"))
    yield "no name", tensor(blob(reference=Outside(("storage", f, "0", "cpu", 6, None))))
    yield (
        "a view",
        tensor(blob(reference=Outside(("storage", Name(f), "0", "cpu", 6, ("1", 0, 6))))),
    )
    yield "not a storage", tensor(blob(reference=Outside(("module", Name(f), "0", "cpu", 6, None))))
    yield "no reference", tensor(blob(reference=("storage", Name(f), "0", "cpu", 6, None)))
    yield "short reference", tensor(blob(reference=Outside(())))
    yield "reference a text", tensor(blob(reference=Outside("storage")))
    yield "other key", tensor(blob(keys=["1"]))
    yield "two keys", tensor(blob(keys=["0", "0"]))
    yield "keys a text", tensor(blob(keys="0"))
    yield "magic", tensor(blob(magic=1))
    yield "version", tensor(blob(version=1002))
    yield "big endian", tensor(blob(system={"little_endian": False}))
    yield "no system", tensor(blob(system=[]))
    yield "zip", tensor(b"PK\x03\x04" + bytes(100))
    yield "empty", tensor(b"")
    yield "a text for bytes", Call("torch._utils._rebuild_tensor_v2", "blob", 0, (1,), (1,))
    yield "few arguments", Call("torch._utils._rebuild_tensor_v2")
    yield "a parameter of nothing", Call("torch._utils._rebuild_parameter")
    yield (
        "a parameter of a parameter",
        Call("torch._utils._rebuild_parameter", Call("torch._utils._rebuild_parameter", tensor())),
    )
    yield "settings", Call("dnnlib.util.EasyDict")
    yield "a number", 3
    yield "a storage itself", Call("torch.storage._load_from_bytes", blob())


LIES = dict(arrays_that_lie())


@pytest.mark.parametrize("case", LIES)
def test_arrays_that_lie(refusal, case):
    refusal(with_weight(LIES[case]))


def test_arrays_that_are_larger_together_than_the_file(refusal):
    """One storage under many names: each array is true."""
    kept = Raw(
        wire(Call("torch.storage._load_from_bytes", blob(count=600, raw=bytes(2400)))) + MEMO
    )
    storages = [kept] + [Raw(b"h\x00")] * 20
    arrays = {
        str(i): Call("torch._utils._rebuild_tensor_v2", storage, 0, (600,), (1,))
        for i, storage in enumerate(storages)
    }
    assert "larger than the file" in str(refusal({"G_ema": module(parameters=arrays)}))


@pytest.mark.parametrize(
    "value",
    [
        scalar(),
        scalar(dtype()),
        scalar(dtype(), b"123"),
        scalar(dtype(), b"12345"),
        scalar(dtype(), "text"),
        scalar(dtype(), Call("_codecs.encode", "1234", "rot13")),
        scalar(dtype(), Call("_codecs.encode", "\u20ac234", "latin1")),
        scalar(dtype(), Call("_codecs.encode", 1234, "latin1")),
        scalar(dtype("O8"), bytes(8)),
        scalar(dtype("O"), bytes(8)),
        scalar(dtype("V8"), bytes(8)),
        scalar(dtype("U1"), bytes(4)),
        scalar(dtype("M8"), bytes(8)),
        scalar(dtype("f4,O"), bytes(8)),
        scalar(dtype("f4\n"), bytes(4)),
        scalar(dtype(3), bytes(4)),
        scalar(dtype(state=()), bytes(4)),
        scalar(dtype(state=(3, "<f4,O", None, None, None, -1, -1, 0)), bytes(4)),
        scalar("f4", bytes(4)),
        scalar(Call("numpy.dtype"), bytes(4)),
        array(1, (2,), dtype(), False),
        array(1, (3,), dtype(), False, bytes(8)),
        array(1, (-2,), dtype(), False, bytes(8)),
        array(1, (2.0,), dtype(), False, bytes(8)),
        array(1, [2], dtype(), False, bytes(8)),
        array(1, (1 << 31, 1 << 31), dtype(), False, bytes(8)),
        array(1, (0, *(1 << 31,) * 7), dtype(), False, b""),
        array(1, (1,) * 100_000, dtype(), False, bytes(4)),
        array(1, (2,), dtype("O8"), False, [Name("numpy.ndarray")] * 2),
        array(1, (2,), dtype("O"), False, bytes(16)),
        Call("numpy.core.multiarray._reconstruct", Name("numpy.ndarray"), (0,), b"b"),
        Call("numpy.core.numeric._frombuffer", bytes(8), dtype(), (3,), "C"),
        Call("numpy.core.numeric._frombuffer", bytes(8), dtype("O8"), (1,), "C"),
        Call("builtins.set", 3),
        Call("builtins.set", [[]]),
        Call("builtins.set"),
    ],
)
def test_numpy_values_that_lie(refusal, value):
    assert "is damaged" in str(refusal(with_attribute(value)))


@pytest.mark.parametrize(
    "parts",
    [
        {"class_name": None},
        {"class_name": "a b"},
        {"class_name": "x" * 5000},
        {"state": {}},
        {"state": []},
        {"state": {"_parameters": {}, "_buffers": [], "_modules": {}}},
        {"state": {"_parameters": {}, "_buffers": {}, "_modules": {"a": 3}}},
        {"state": {"_parameters": {1: None}, "_buffers": {}, "_modules": {}}},
        {"state": {"_parameters": {"a\n": None}, "_buffers": {}, "_modules": {}}},
        {"state": {"_parameters": {}, "_buffers": {}, "_modules": {}, "n" * 300: 1}},
        {"state": {"_parameters": {}, "_buffers": {}, "_modules": {}, 5: 1}},
    ],
)
def test_modules_without_the_shape_of_one(refusal, parts):
    state = {"_parameters": {}, "_buffers": {}, "_modules": {}}
    meta = {"class_name": "Generator", "state": state} | parts
    assert "is damaged" in str(refusal({"G_ema": persistent(meta)}))


def test_cut_anywhere(refusal):
    content = whole({"G": module(parameters={"w": tensor()}), "G_ema": module(a=[1, 2.5, "x"])})
    for size in range(1, len(content), 3):
        refusal(content[:size])
