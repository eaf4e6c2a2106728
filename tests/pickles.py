"""Pickles in the wire format of stylegan2-ada-pytorch: honest ones, and ones made by hand."""

import io
import pickle
import struct
import sys
import time
import types
from contextlib import contextmanager
from unittest import mock

import pytest
import torch

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.pickled_modules import read_network

SOURCE = "raise SystemExit('embedded module source was executed')\n"


class EasyDict(dict):
    pass


class Persistent:
    """Is pickled as a persistent object of the original code is."""

    def __init__(self, class_name="Generator", parameters=(), buffers=(), modules=(), **state):
        self.meta = {"type": "class", "version": 6, "module_src": SOURCE, "class_name": class_name}
        parts = {"_parameters": parameters, "_buffers": buffers, "_modules": modules}
        self.meta["state"] = {name: dict(part) for name, part in parts.items()} | state

    def __reduce__(self):
        return _reconstruct_persistent_obj, (self.meta,)


def _reconstruct_persistent_obj(meta):
    raise SystemExit("a persistent object was reconstructed")


@contextmanager
def stubs():
    """The modules that a pickler wants to find behind the names it writes."""
    persistence, util = types.ModuleType("torch_utils.persistence"), types.ModuleType("dnnlib.util")
    persistence._reconstruct_persistent_obj = _reconstruct_persistent_obj
    util.EasyDict = EasyDict
    names = {"torch_utils": types.ModuleType("torch_utils"), "dnnlib": types.ModuleType("dnnlib")}
    modules = {"torch_utils.persistence": persistence, "dnnlib.util": util}
    with (
        mock.patch.dict(sys.modules, names | modules),
        mock.patch.object(EasyDict, "__module__", "dnnlib.util"),
        mock.patch.object(_reconstruct_persistent_obj, "__module__", "torch_utils.persistence"),
    ):
        yield


def dumps(value, protocol=4):
    """What Python's own pickler writes."""
    with stubs():
        return pickle.dumps(value, protocol)


def storage_blob(storage):
    """What torch itself writes for a storage."""
    stream = io.BytesIO()
    torch.save(storage, stream, _use_new_zipfile_serialization=False)
    return stream.getvalue()


# By hand: a pickle writer that also writes what no honest program would.


class Name:
    def __init__(self, name):
        self.module, self.name = name.rsplit(".", 1)


class Call:
    """A call of ``name`` with any arguments, even none that would fit, then BUILD and SETITEM."""

    def __init__(self, name, *args, state=None, entries=()):
        self.name, self.args, self.state, self.entries = Name(name), args, state, dict(entries)


class Outside:
    def __init__(self, value):
        self.value = value


class Raw:
    """Instructions as they are."""

    def __init__(self, code):
        self.code = code


def wire(value):
    """The instructions that push a value."""
    match value:
        case None:
            return b"N"
        case bool():
            return b"\x88" if value else b"\x89"
        case int():
            raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
            return b"\x8a" + bytes([len(raw)]) + raw
        case float():
            return b"G" + struct.pack(">d", value)
        case str():
            return b"X" + struct.pack("<I", len(value.encode())) + value.encode()
        case bytes():
            return b"B" + struct.pack("<I", len(value)) + value
        case list():
            return b"](" + b"".join(map(wire, value)) + b"e"
        case tuple():
            return b"(" + b"".join(map(wire, value)) + b"t"
        case dict():
            return b"}" + _items(value)
        case Name():
            return f"c{value.module}\n{value.name}\n".encode()
        case Call():
            built = b"" if value.state is None else wire(value.state) + b"b"
            return wire(value.name) + wire(value.args) + b"R" + built + _items(value.entries)
        case Outside():
            return wire(value.value) + b"Q"
        case Raw():
            return value.code
    raise TypeError(value)


def _items(value):
    return b"(" + b"".join(wire(key) + wire(item) for key, item in value.items()) + b"u"


def whole(value):
    """A pickle by hand."""
    return b"\x80\x04" + wire(value) + b"."


def blob(*, kind="torch.FloatStorage", key="0", count=6, raw=bytes(24), **changes):
    """A storage by hand: ``changes`` replace one of its five pickles, or its number of elements."""
    parts = {
        "magic": 0x1950A86A20F9469CFC6C,
        "version": 1001,
        "system": {"protocol_version": 1001, "little_endian": True, "type_sizes": {}},
        "reference": Outside(("storage", Name(kind), key, "cuda:0", count, None)),
        "keys": [key],
    }
    written = changes.pop("written", count)
    parts |= changes
    return b"".join(map(whole, parts.values())) + struct.pack("<q", written) + raw


def tensor(data=None, offset=0, shape=(2, 3), stride=(3, 1)):
    """A tensor by hand."""
    storage = Call("torch.storage._load_from_bytes", blob() if data is None else data)
    hooks = Call("collections.OrderedDict")
    return Call("torch._utils._rebuild_tensor_v2", storage, offset, shape, stride, False, hooks)


def module(class_name="Generator", parameters=None, buffers=None, modules=None, **state):
    """A network by hand."""
    parts = {"_parameters": parameters or {}, "_buffers": buffers or {}, "_modules": modules or {}}
    return persistent(
        {"type": "class", "module_src": SOURCE, "class_name": class_name, "state": parts | state}
    )


def persistent(*args):
    return Call("torch_utils.persistence._reconstruct_persistent_obj", *args)


MEMO = b"\x94"  # keeps what is on top of the stack


def with_weight(value):
    return {"G_ema": module(parameters={"weight": value})}


def with_attribute(value):
    return {"G_ema": module(attribute=value)}


def dtype(name="f4", state=(3, "<", None, None, None, -1, -1, 0)):
    return Call("numpy.dtype", name, False, True, state=state)


def scalar(*args):
    return Call("numpy._core.multiarray.scalar", *args)


def array(*state):
    args = Name("numpy.ndarray"), (0,), b"b"
    return Call("numpy.core.multiarray._reconstruct", *args, state=state)


SECONDS = 10  # on a busy machine


def refused(folder, content):
    """The error, of one sentence, with which a pickle is refused, soon."""
    path = folder / "a.pkl"
    path.write_bytes(content if isinstance(content, bytes) else whole(content))
    start = time.perf_counter()
    with pytest.raises(CheckpointError) as caught:
        read_network(path)
    assert time.perf_counter() - start < SECONDS
    sentence = str(caught.value)
    assert sentence.startswith(f"{path} ") and "\n" not in sentence and len(sentence) < 500
    return caught.value
