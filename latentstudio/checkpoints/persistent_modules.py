"""Modules as the pickles of stylegan2-ada-pytorch and stylegan3 hold them, made into plain trees.

Each module is a call of ``torch_utils.persistence._reconstruct_persistent_obj`` with its class
name, its source code, which that function would execute, and its state: what ``torch.nn.Module``
keeps, and the attributes. The source code is dropped unread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from latentstudio.checkpoints import pickled_numpy
from latentstudio.checkpoints.array_ref import ArrayRef
from latentstudio.checkpoints.layout import MAX_NAME
from latentstudio.checkpoints.legacy_storage import LOAD, TENSORS, Tensors
from latentstudio.checkpoints.pickle_machine import LONG_TEXT
from latentstudio.checkpoints.pickle_records import Global, Reading, Record

MAX_DEPTH = 40  # of modules and containers in each other
MAX_VALUES = 100_000  # in the attributes of all modules

MODULE = "torch_utils.persistence._reconstruct_persistent_obj"
_MAPPINGS = frozenset({"collections.OrderedDict", "dnnlib.util.EasyDict"})
_COLLECTIONS: dict[str, Callable[[Any], Any]] = {
    "builtins.frozenset": frozenset,
    "builtins.set": set,
    "__builtin__.frozenset": frozenset,
    "__builtin__.set": set,
    "torch.Size": tuple,
}
# Data that a training configuration may mention. They stay names.
_OPAQUE = frozenset(
    {
        "__builtin__.bytearray",
        "__builtin__.complex",
        "builtins.bytearray",
        "builtins.complex",
        "pathlib.PosixPath",
        "pathlib.PurePosixPath",
        "pathlib.PureWindowsPath",
        "pathlib.WindowsPath",
        "torch.bfloat16",
        "torch.device",
        "torch.float16",
        "torch.float32",
        "torch.float64",
        "torch.int64",
        "torch.nn.parameter.Parameter",
    }
)
# What a snapshot may mention.
NAMES = _MAPPINGS | _OPAQUE | TENSORS | pickled_numpy.NAMES | {MODULE, LOAD, *_COLLECTIONS}


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something in a pickle that is neither plain data nor array: its name."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """A ``torch.nn.Module`` as a pickle describes it.

    Attributes
    ----------
    class_name
        Of the original code.
    attributes
        The rest of its state: a tree of plain Python values, arrays and :class:`Opaque`.
    parameters, buffers
        Arrays by name.
    modules
        Its parts by name. Every module is part of one other at most: a tree.
    """

    class_name: str
    attributes: dict[str, Any]
    parameters: dict[str, ArrayRef | None]
    buffers: dict[str, ArrayRef | None]
    modules: dict[str, Module]


class Walk:
    """Makes modules of records: each once, to a bounded depth, no larger than the file."""

    def __init__(self, reading: Reading, size: int) -> None:
        self.reading = reading
        self.tensors = Tensors(reading)
        self.seen: set[int] = set()
        self.values = MAX_VALUES
        self.bytes = size

    def module(self, record: Any, depth: int) -> Module:
        if type(record) is not Record or record.name != MODULE:
            raise self.reading.damaged("what should be a part of its network is none")
        if id(record) in self.seen or depth > MAX_DEPTH:
            raise self.reading.damaged("a part of its network occurs twice or is nested too deeply")
        self.seen.add(id(record))
        meta = record.args[0] if len(record.args) == 1 else None
        if type(meta) is not dict or type(meta.get("state")) is not dict:
            raise self.reading.damaged("a part of its network has no state")
        class_name, state = meta.get("class_name"), meta["state"]
        if type(class_name) is not str or not class_name.isidentifier():
            raise self.reading.damaged("a part of its network has no class")
        parts = {name: self.named(state, name) for name in ("_parameters", "_buffers", "_modules")}
        return Module(
            class_name,
            {
                name: self.plain(value, depth)
                for name, value in self.names(state)
                if name not in parts
            },
            {name: self.array(value) for name, value in parts["_parameters"]},
            {name: self.array(value) for name, value in parts["_buffers"]},
            {name: self.module(value, depth + 1) for name, value in parts["_modules"]},
        )

    def named(self, state: dict[Any, Any], name: str) -> list[tuple[str, Any]]:
        value = state.get(name)
        if type(value) is Record and value.name in _MAPPINGS:
            value = value.entries
        if type(value) is not dict:
            raise self.reading.damaged(f"a part of its network has no {name}")
        return self.names(value)

    def names(self, entries: dict[Any, Any]) -> list[tuple[str, Any]]:
        for name in entries:
            if type(name) is not str or len(name) > MAX_NAME or not name.isprintable():
                raise self.reading.damaged("a name in its network is too long or not printable")
        return list(entries.items())

    def array(self, value: Any) -> ArrayRef | None:
        if value is None:
            return None
        ref = self.tensors.ref(value)
        self.charge(ref.nbytes)
        return ref

    def charge(self, nbytes: int) -> None:
        self.bytes -= nbytes
        if self.bytes < 0:
            raise self.reading.damaged("its arrays are larger than the file")

    def plain(self, value: Any, depth: int) -> Any:
        """Copy plain data. Shared parts are copied each time, so that the result is a tree."""
        self.values -= 1
        if self.values < 0 or depth > MAX_DEPTH:
            raise self.reading.damaged("its settings are too many or nested too deeply")
        kind = type(value)
        if kind is Record:
            return self.object(value, depth)
        if kind is Global:
            return Opaque(value.name)
        if kind is dict:
            return {key: self.plain(item, depth + 1) for key, item in value.items()}
        if kind in (list, tuple, set, frozenset):
            return kind(self.plain(item, depth + 1) for item in value)
        if kind is memoryview:
            if len(value) > LONG_TEXT:
                return Opaque("long text or bytes")
            self.reading.allocate(len(value))
            return bytes(value)
        return value

    def object(self, record: Record, depth: int) -> Any:
        if record.name in _MAPPINGS:
            return self.plain(record.entries, depth + 1)
        if record.name in _COLLECTIONS:
            if len(record.args) != 1 or type(record.args[0]) not in (list, tuple):
                raise self.reading.damaged("a set in it has no members")
            return _COLLECTIONS[record.name](map(self.reading.key, record.args[0]))
        if record.name in TENSORS:
            return self.array(record)
        if record.name in pickled_numpy.VALUES:
            value = pickled_numpy.numpy_value(record, self.reading)
            self.charge(getattr(value, "nbytes", 0))  # plain numbers have none
            return value
        return Opaque(record.name)
