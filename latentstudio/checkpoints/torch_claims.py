"""What a PyTorch file's pickle claims, held against the file before torch is let near it.

``torch.load(weights_only=True)`` executes nothing that a file names, but it believes what the
file says of sizes: a tensor larger than its storage makes it allocate the difference, and some
of the classes that it allows take a number of bytes as their argument. So its pickle is first
run dry: the same few opcodes, on placeholders for everything but numbers, texts and containers.
Only what state dicts are made of passes.
"""

from __future__ import annotations

import math
import pickletools
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from typing import Any, BinaryIO

from latentstudio.checkpoints.errors import quoted
from latentstudio.checkpoints.layout import MAX_DIMENSIONS
from latentstudio.checkpoints.legacy_storage import STORAGES

MAX_PICKLE = 8 << 20  # bytes
_MAX_STEPS = 500_000
_MAX_LINE = 1000
_MAX_KEY = 1 << 60  # the hashes of larger numbers collide, which makes dicts slow

# Storages of plain numbers, and bytes in each.
_ITEM_SIZES = {
    name: int(stored[-1])
    for name, (stored, _) in STORAGES.items()
    if name != "torch.storage.UntypedStorage"  # torch.save names the typed ones
}
# Settings objects of known programs; something inert of ours is put into their place.
SETTINGS = ("argparse.Namespace", "models.utils.config.BaseConfig")
_ALLOWED = {
    "collections.OrderedDict",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_tensor_v2",
    "torch.device",
    *SETTINGS,
    *_ITEM_SIZES,
}
_ITEMS = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_PLAIN = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE"}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}


class ClaimError(ValueError):
    """A claim that is refused; its text fits behind the file's name."""


@dataclass(frozen=True, slots=True)
class Storage:
    """So many numbers in a row, of so many bytes each."""

    count: int
    item_size: int


class _Thing(Enum):
    TENSOR = "a tensor"
    SETTINGS = "settings"
    DEVICE = "a device"


@dataclass(frozen=True, slots=True)
class _Name:
    text: str


class _Guard:
    """A stream for the disassembler that gives no more than is allowed, whatever is asked for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._left = file, MAX_PICKLE

    def read(self, count: int) -> bytes:
        return self._spend(self._file.read(count) if count <= self._left else b"")

    def readline(self) -> bytes:
        return self._spend(self._file.readline(_MAX_LINE))

    def _spend(self, data: bytes) -> bytes:
        self._left -= len(data)
        return data


def dry_run(file: BinaryIO, storages: dict[str, Storage]) -> Any:
    """Read one pickle without making anything of it.

    Parameters
    ----------
    file
        At the start of the pickle; left behind its end.
    storages
        By key; those that the pickle speaks of are added.

    Returns
    -------
    object
        What was pickled, with placeholders for tensors and settings.

    Raises
    ------
    ClaimError
        If it is more than dicts, lists, numbers, texts, dense tensors and known settings, or a
        tensor does not lie within its storage.
    """
    try:
        return _Machine(storages).run(file)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise ClaimError("is damaged: its pickle makes no sense; download it again") from error
    except ClaimError:
        raise
    except ValueError as error:  # of the disassembler
        raise ClaimError("is damaged or cut short within its pickle; download it again") from error


class _Machine:
    def __init__(self, storages: dict[str, Storage]) -> None:
        self.storages = storages
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def run(self, file: BinaryIO) -> Any:
        for step, (opcode, arg, _) in enumerate(pickletools.genops(_Guard(file))):  # type: ignore[arg-type]
            if opcode.name == "STOP":
                return self.stack.pop()
            if step > _MAX_STEPS:
                raise ClaimError("has a description that is too long to be that of a network")
            self._step(opcode.name, arg)
        raise ClaimError("is cut short within its pickle; download it again")

    def _step(self, name: str, arg: Any) -> None:
        push = self.stack.append
        if name in ("BINPUT", "LONG_BINPUT"):
            self.memo[arg] = self.stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            push(self.memo[arg])
        elif name in _PLAIN:
            push(arg)
        elif name in _CONSTANTS:
            push(_CONSTANTS[name])
        elif name == "EMPTY_DICT":
            push({})
        elif name == "EMPTY_LIST":
            push([])
        elif name in _ITEMS:
            start = len(self.stack) - _ITEMS[name]
            if start < 0:
                raise IndexError
            self.stack[start:] = [tuple(self.stack[start:])]
        elif name == "TUPLE":
            items = tuple(self._pop_mark())
            self.stack.append(items)
        elif name == "MARK":
            self.marked.append(self.stack)
            self.stack = []
        elif name == "GLOBAL":
            push(_allowed(arg))
        elif name == "PROTO":
            if arg != 2:
                raise ClaimError(f"was pickled with protocol {arg}: save it with torch's own, 2")
        else:
            self._build(name)

    def _build(self, name: str) -> None:
        if name == "SETITEM":
            value, key = self.stack.pop(), self.stack.pop()
            _set_items(self.stack[-1], [key, value])
        elif name == "SETITEMS":
            items = self._pop_mark()
            _set_items(self.stack[-1], items)
        elif name in ("APPEND", "APPENDS"):
            items = [self.stack.pop()] if name == "APPEND" else self._pop_mark()
            if type(self.stack[-1]) is not list:
                raise TypeError
            self.stack[-1].extend(items)
        elif name == "BINPERSID":
            self.stack[-1] = self._storage(*self.stack[-1])
        elif name == "REDUCE":
            args = self.stack.pop()
            self.stack[-1] = _call(self.stack[-1].text, args)
        elif name == "NEWOBJ":
            args = self.stack.pop()
            if self.stack[-1].text not in SETTINGS or args != ():
                raise TypeError
            self.stack[-1] = _Thing.SETTINGS
        elif name == "BUILD":
            _check_state(self.stack[-2], self.stack[-1])
            self.stack.pop()
        else:
            raise ClaimError(f"holds the pickle opcode {name}, which torch.save never writes")

    def _pop_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.marked.pop()
        return items

    def _storage(
        self, kind: Any, dtype: Any, key: Any, location: Any, count: Any, view: Any = None
    ) -> Storage:
        if kind != "storage" or not isinstance(location, str) or not isinstance(key, str):
            raise TypeError
        if view is not None:
            raise ClaimError("was saved by a very old PyTorch: save it again with a newer one")
        if type(count) is not int or count < 0:
            raise TypeError
        storage = Storage(count, _ITEM_SIZES[dtype.text])
        if self.storages.setdefault(key, storage) != storage:
            raise ClaimError(f"is damaged: it describes its storage {quoted(key)} in two ways")
        return storage


def _allowed(arg: str) -> _Name:
    """``arg`` is module and name with a space between."""
    name = arg.replace(" ", ".")
    if name in _ALLOWED:
        return _Name(name)
    if (name.startswith("torch.") and name.endswith("Storage")) or "._rebuild_" in name:
        raise ClaimError(
            f"holds tensors of a kind that is not read here ({quoted(name)}): save them as dense"
            " tensors of plain numbers"
        )
    raise ClaimError(
        f"asks for {quoted(name)}, which could run code and is not opened: save it anew with its"
        " state dicts alone"
    )


def _call(name: str, args: Any) -> Any:
    if name == "collections.OrderedDict" and args == ():
        return OrderedDict()
    if name == "torch._utils._rebuild_tensor_v2":
        _check_tensor(*args)
        return _Thing.TENSOR
    if name == "torch._utils._rebuild_parameter":
        tensor, grad, hooks = args
        if tensor is _Thing.TENSOR and type(grad) is bool and _empty(hooks):
            return _Thing.TENSOR
    if name == "torch.device" and 1 <= len(args) <= 2 and isinstance(args[0], str):
        return _Thing.DEVICE
    raise TypeError


def _check_tensor(
    storage: Any, offset: Any, size: Any, stride: Any, grad: Any, hooks: Any, metadata: Any = None
) -> None:
    if type(storage) is not Storage or type(grad) is not bool or not _empty(hooks) or metadata:
        raise TypeError
    if type(size) is not tuple or type(stride) is not tuple or len(size) != len(stride):
        raise TypeError
    if not all(type(n) is int and n >= 0 for n in (offset, *size, *stride)):
        raise TypeError
    if len(size) > MAX_DIMENSIONS:
        raise ClaimError(f"holds a tensor of {len(size)} dimensions, which no generator has")
    count = math.prod(size)
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    # More values than the storage has would lie on each other: written out, they could be any size.
    if count > storage.count or (count and last >= storage.count) or offset > storage.count:
        raise ClaimError(
            f"is damaged: its tensor of shape {list(size)} does not lie within the"
            f" {storage.count:,} numbers of its storage; download it again"
        )


def _set_items(target: Any, items: list[Any]) -> None:
    if type(target) not in (dict, OrderedDict) or len(items) % 2:
        raise TypeError
    for key, value in zip(items[::2], items[1::2], strict=True):
        # Deep tuples would be hashed recursively.
        if type(key) is not str and not (type(key) is int and abs(key) < _MAX_KEY):
            raise ClaimError("names something by neither a text nor a small number: no state dict")
        target[key] = value


def _check_state(inst: Any, state: Any) -> None:
    if type(state) is not dict:
        raise TypeError
    # An attribute such as "items" would hide the method of that name.
    if inst is not _Thing.SETTINGS and (
        type(inst) is not OrderedDict or set(state) - {"_metadata"}
    ):
        raise TypeError


def _empty(hooks: Any) -> bool:
    return type(hooks) is OrderedDict and not hooks
