"""Tensors inside a pickle, as ``torch`` writes them there, read without torch.

A tensor is a call of ``torch._utils._rebuild_tensor_v2`` with a storage, an offset, a shape and
strides. The storage is a call of ``torch.storage._load_from_bytes`` with the bytes of a file in
the format of PyTorch before 1.6: four pickles (a magic number, the version, facts on the machine,
and a reference to the storage), a pickled list of keys, and for each key the number of elements
(int64) with the elements. Real ``_load_from_bytes`` unpickles these with all that this allows.
"""

from __future__ import annotations

from typing import Any

from latentstudio.checkpoints.array_ref import ArrayRef, array_ref
from latentstudio.checkpoints.errors import CheckpointError, quoted
from latentstudio.checkpoints.pickle_machine import PERSISTENT, read_pickle
from latentstudio.checkpoints.pickle_records import Global, Reading, Record, bytes_of

LOAD = "torch.storage._load_from_bytes"
_TENSOR = ("torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2")
_PARAMETER = ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state")
TENSORS = frozenset((*_TENSOR, *_PARAMETER))

# Class of a storage: how numpy calls its elements as stored, and what they are.
STORAGES = {
    "torch.DoubleStorage": ("<f8", "float64"),
    "torch.FloatStorage": ("<f4", "float32"),
    "torch.HalfStorage": ("<f2", "float16"),
    "torch.BFloat16Storage": ("<u2", "float32"),
    "torch.LongStorage": ("<i8", "int64"),
    "torch.IntStorage": ("<i4", "int32"),
    "torch.ShortStorage": ("<i2", "int16"),
    "torch.CharStorage": ("|i1", "int8"),
    "torch.ByteStorage": ("|u1", "uint8"),
    "torch.BoolStorage": ("|u1", "bool"),
    "torch.storage.UntypedStorage": ("|u1", "uint8"),
}
_NAMES = frozenset((*STORAGES, PERSISTENT, "collections.OrderedDict"))
MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001


class Tensors:
    """Finds the tensors of one file; each is looked up once, however often it is referred to."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        # Keyed by identity: the values of the pickle outlive this object.
        self._refs: dict[int, ArrayRef] = {}
        self._storages: dict[int, tuple[memoryview, str, str]] = {}

    def ref(self, value: Any) -> ArrayRef:
        """Return where a tensor or parameter lies.

        Parameters
        ----------
        value
            What the pickle holds in its place.

        Raises
        ------
        CheckpointError
            It is no tensor of plain numbers, or not all there.
        """
        if id(value) not in self._refs:
            self._refs[id(value)] = self._read(value)
        return self._refs[id(value)]

    def _read(self, value: Any) -> ArrayRef:
        if type(value) is Record and value.name in _PARAMETER:
            value = value.args[0] if value.args else None
        if type(value) is not Record or value.name not in _TENSOR or len(value.args) < 4:
            raise self._reading.damaged("what should be a tensor is none")
        storage, offset, shape, strides = value.args[:4]
        data, stored, dtype = self._storage(storage)
        return array_ref(data, stored, dtype, shape, strides, self._reading, offset)

    def _storage(self, value: Any) -> tuple[memoryview, str, str]:
        if id(value) not in self._storages:
            if type(value) is not Record or value.name != LOAD:
                raise self._reading.damaged("a tensor has no storage")
            blob = bytes_of(value.args[0] if value.args else None, self._reading)
            self._storages[id(value)] = read_storage(blob, self._reading)
        return self._storages[id(value)]


def read_storage(blob: memoryview, reading: Reading) -> tuple[memoryview, str, str]:
    """Read the file in a file that holds one storage. The device it came from is ignored.

    Returns
    -------
    data
        View of the elements.
    stored, dtype
        As in :class:`~latentstudio.checkpoints.array_ref.ArrayRef`.

    Raises
    ------
    CheckpointError
        It holds anything else, or not all of it.
    """
    if bytes(blob[:4]) == b"PK\x03\x04":
        raise CheckpointError(
            f"{reading.path} keeps its tensors as zip archives, which the original code does not:"
            " load and save it again with the original code"
        )
    position = 0
    head = []
    for _ in range(5):
        value, position = read_pickle(blob, _NAMES, reading, position)
        head.append(value)
    magic, version, system, reference, keys = head
    if magic != MAGIC or version != VERSION:
        raise reading.damaged("a storage in it does not begin as one")
    if type(system) is not dict or system.get("little_endian") is not True:
        raise CheckpointError(
            f"{reading.path} does not keep its numbers in little-endian order: save it again on a"
            " machine that does"
        )
    name, key, count = _reference(reference, reading)
    if type(keys) is not list or len(keys) != 1 or type(keys[0]) is not str or keys[0] != key:
        raise reading.damaged("a storage in it holds anything but one storage")
    stored, dtype = STORAGES[name]
    data = blob[position + 8 :]
    if int.from_bytes(blob[position : position + 8], "little", signed=True) != count:
        raise reading.damaged("a storage in it contradicts itself about its size")
    size = count * int(stored[-1])
    if size > len(data):
        raise reading.damaged("a storage in it is cut short")
    return data[:size], stored, dtype


def _reference(value: Any, reading: Reading) -> tuple[str, str, int]:
    """Return class, key and number of elements of the storage a pickle refers to."""
    parts = value.args[0] if type(value) is Record and value.name == PERSISTENT else ()
    # Kind, class, key, device, count, and since 0.1 the part of a larger storage (None since 0.4).
    if type(parts) is not tuple or len(parts) not in (5, 6) or parts[5:] not in ((), (None,)):
        raise reading.damaged("a storage in it does not refer to itself")
    kind, cls, key, _, count = parts[:5]
    if type(kind) is not str or kind != "storage" or type(key) is not str:
        raise reading.damaged("a storage in it does not refer to itself")
    if type(cls) is not Global or cls.name not in STORAGES:
        raise reading.damaged(f"a storage in it is of the kind {quoted(str(cls))}")
    if type(count) is not int or count < 0:
        raise reading.damaged("a storage in it has an impossible size")
    return cls.name, key, count
