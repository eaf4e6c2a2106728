"""Reads pickles and executes nothing: every instruction makes an inert value, or is refused.

A pickle is a program for a small stack machine: instructions push texts, numbers and bytes, gather
them into containers, and may name any function of any installed module and call it. Here a name
stays a name (``Global``), a call stays a note of what was to be called with what
(``Record``), and names that the caller does not expect are refused, which is a second lock on
a door that leads nowhere. Bytes are views into the mapped file: what nobody looks at is never read
from disk. Instructions are described by the comments of Python's ``Lib/pickletools.py``
(protocols 0 to 5); those that only Python 2 or out-of-band buffers need are refused.

The values may share parts and contain themselves, so a walk over them needs its own limits.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Container
from functools import partial
from typing import Any, TypeVar

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.checkpoints.pickle_records import ForbiddenNameError, Global, Reading, Record

MAX_MARKS = 1000  # open brackets
MAX_LINE = 4096  # bytes in an argument that ends with its line
MAX_INTEGER = 255  # bytes
LONG_TEXT = 4096  # bytes; longer texts (source code) stay undecoded views

PERSISTENT = "persistent id"  # among the expected names, allows references to data outside

_STOP = ord(".")
_T = TypeVar("_T")


def read_pickle(
    data: memoryview, names: Container[str], reading: Reading, start: int = 0
) -> tuple[Any, int]:
    """Read one pickle.

    Parameters
    ----------
    data
        Bytes of the file. Bytes in the value are views of it.
    names
        Functions and classes that may occur, as ``module.name``, and perhaps :data:`PERSISTENT`.
    reading
        Is charged.
    start
        Where in ``data`` the pickle begins.

    Returns
    -------
    value
        Of plain Python containers, texts, numbers, views, ``Global`` and ``Record``.
    end
        Where the pickle ends.

    Raises
    ------
    ForbiddenNameError
        The first name that is not among ``names``.
    CheckpointError
        The instructions are none, cut short, contradictory, or too many.
    """
    machine = _Machine(data, names, reading, start)
    try:
        return machine.run(), machine.position
    except IndexError as error:
        raise reading.damaged("its pickle takes from an empty stack") from error


class _Machine:
    def __init__(
        self, data: memoryview, names: Container[str], reading: Reading, start: int
    ) -> None:
        self.data = data
        self.names = names
        self.reading = reading
        self.position = start
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []  # the stacks below each open bracket
        self.memo: list[Any] = []

    def run(self) -> Any:
        reading = self.reading
        pushing, acting = _PUSHING.get, _ACTING.get
        while (code := self.byte()) != _STOP:
            reading.instructions -= 1
            if reading.instructions < 0:
                raise reading.damaged("its pickle has more instructions than any network")
            if push := pushing(code):
                value = push(self)  # may put another stack in place
                self.stack.append(value)
            elif act := acting(code):
                act(self)
            else:
                raise reading.damaged(f"its pickle has the unknown instruction 0x{code:02x}")
        return self.stack.pop()

    # Arguments behind an instruction.

    def byte(self) -> int:
        try:
            code = self.data[self.position]
        except IndexError as error:
            raise self.cut_short(1) from error
        self.position += 1
        return code

    def take(self, count: int) -> memoryview:
        end = self.position + count
        if end > len(self.data):
            raise self.cut_short(count)
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def cut_short(self, count: int) -> CheckpointError:
        left = len(self.data) - self.position
        return CheckpointError(
            f"{self.reading.path} is cut short or damaged ({count:,} bytes should follow where"
            f" {left:,} are left): copy or download it again"
        )

    def number(self, size: int, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "little", signed=signed)

    def integer(self, size: int) -> int:
        if size > MAX_INTEGER:
            raise self.reading.damaged(f"an integer of {size:,} bytes is too long")
        self.reading.allocate(size)
        return self.number(size, signed=True)

    def text(self, size: int) -> str | memoryview:
        raw = self.take(size)
        if size > LONG_TEXT:
            return raw
        self.reading.allocate(size)
        return self.parsed(partial(str, raw, "utf-8"))

    def line(self) -> bytes:
        raw = bytes(self.data[self.position : self.position + MAX_LINE])
        line, newline, _ = raw.partition(b"\n")
        if not newline:
            raise self.reading.damaged("a line in its pickle does not end")
        self.position += len(line) + 1
        self.reading.allocate(len(line))
        return line

    def word(self) -> str:
        return self.parsed(self.line().decode)

    def escaped(self) -> str:
        text = self.parsed(partial(str, self.line(), "raw-unicode-escape"))
        self.parsed(text.encode)  # refuses half surrogate pairs
        return text

    def decimal(self) -> int:
        line = self.line()
        if line in (b"00", b"01"):  # how protocol 0 writes booleans
            return line == b"01"
        return self.parsed(partial(int, line.removesuffix(b"L")))

    def parsed(self, parse: Callable[[], _T]) -> _T:
        try:
            return parse()
        except ValueError as error:
            raise self.reading.damaged("a text or number in it is malformed") from error

    # Values from the stack and the memo.

    def marked(self) -> list[Any]:
        items, self.stack = self.stack, self.marks.pop()
        return items

    def popped(self, count: int) -> tuple[Any, ...]:
        return tuple([self.stack.pop() for _ in range(count)][::-1])

    def remembered(self, index: int) -> Any:
        if not 0 <= index < len(self.memo):
            raise self.reading.damaged("its pickle recalls what it never kept")
        return self.memo[index]

    def pairs(self, items: list[Any]) -> dict[Any, Any]:
        if len(items) % 2:
            raise self.reading.damaged("a dictionary in it has a key without a value")
        return dict(zip(map(self.reading.key, items[::2]), items[1::2], strict=True))

    def named(self, module: Any, name: Any) -> Global:
        if type(module) is not str or type(name) is not str:
            raise self.reading.damaged("a name in it is no text")
        full = f"{module}.{name}"
        if full not in self.names:
            raise ForbiddenNameError(self.reading.path, full)
        return Global(full)

    def called(self, function: Any, args: Any, options: Any = None) -> Record:
        if type(function) is not Global or type(args) is not tuple or options:
            raise self.reading.damaged("it calls something that has no name")
        return Record(function.name, args)

    def outside(self) -> Record:
        if PERSISTENT not in self.names:
            raise self.reading.damaged("it refers to data outside of it")
        return Record(PERSISTENT, self.popped(1))

    # Instructions that push nothing.

    def mark(self) -> None:
        if len(self.marks) == MAX_MARKS:
            raise self.reading.damaged("it is nested too deeply")
        self.marks.append(self.stack)
        self.stack = []

    def pop(self) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.marked()

    def remember(self, index: int) -> None:
        # Every writer counts up, so that a list will do, and a huge index costs nothing.
        if not 0 <= index <= len(self.memo):
            raise self.reading.damaged("its pickle keeps values in no order")
        self.memo[index : index + 1] = [self.stack[-1]]

    def append(self, items: list[Any]) -> None:
        self.target(list).extend(items)

    def add(self, items: list[Any]) -> None:
        self.target(set).update(map(self.reading.key, items))

    def set(self, items: list[Any]) -> None:
        target = self.stack[-1]
        entries = target.entries if type(target) is Record else self.target(dict)
        entries.update(self.pairs(items))

    def build(self) -> None:
        state = self.stack.pop()
        record = self.target(Record)
        if record.state is not None:
            raise self.reading.damaged("it fills an object twice")
        record.state = state

    def target(self, kind: type) -> Any:
        if type(self.stack[-1]) is not kind:
            raise self.reading.damaged(f"it fills what is no {kind.__name__.lower()}")
        return self.stack[-1]

    def protocol(self) -> None:
        if self.byte() > 5:
            raise CheckpointError(
                f"{self.reading.path} is a pickle of a newer kind than 5, which latentstudio does"
                " not know: save it again with protocol 4"
            )

    def frame(self) -> None:
        size = self.number(8)
        self.take(size)
        self.position -= size


def _by_code(table: dict[bytes, Callable[[_Machine], Any]]) -> dict[int, Callable[[_Machine], Any]]:
    return {code[0]: run for code, run in table.items()}


_PUSHING = _by_code(
    {
        b"N": lambda m: None,
        b"\x88": lambda m: True,
        b"\x89": lambda m: False,
        b"I": lambda m: m.decimal(),
        b"J": lambda m: m.number(4, signed=True),
        b"K": lambda m: m.byte(),
        b"L": lambda m: m.decimal(),
        b"M": lambda m: m.number(2),
        b"\x8a": lambda m: m.integer(m.byte()),
        b"\x8b": lambda m: m.integer(m.number(4)),
        b"F": lambda m: m.parsed(partial(float, m.line())),
        b"G": lambda m: struct.unpack(">d", m.take(8))[0],
        b"V": lambda m: m.escaped(),
        b"X": lambda m: m.text(m.number(4)),
        b"\x8c": lambda m: m.text(m.byte()),
        b"\x8d": lambda m: m.text(m.number(8)),
        b"B": lambda m: m.take(m.number(4)),
        b"C": lambda m: m.take(m.byte()),
        b"\x8e": lambda m: m.take(m.number(8)),
        b"\x96": lambda m: m.take(m.number(8)),
        b"]": lambda m: [],
        b"l": lambda m: m.marked(),
        b")": lambda m: (),
        b"t": lambda m: tuple(m.marked()),
        b"\x85": lambda m: m.popped(1),
        b"\x86": lambda m: m.popped(2),
        b"\x87": lambda m: m.popped(3),
        b"}": lambda m: {},
        b"d": lambda m: m.pairs(m.marked()),
        b"\x8f": lambda m: set(),
        b"\x91": lambda m: frozenset(map(m.reading.key, m.marked())),
        b"2": lambda m: m.stack[-1],
        b"g": lambda m: m.remembered(m.decimal()),
        b"h": lambda m: m.remembered(m.byte()),
        b"j": lambda m: m.remembered(m.number(4)),
        b"c": lambda m: m.named(m.word(), m.word()),
        b"\x93": lambda m: m.named(*m.popped(2)),
        b"R": lambda m: m.called(*m.popped(2)),
        b"\x81": lambda m: m.called(*m.popped(2)),
        b"\x92": lambda m: m.called(*m.popped(3)),
        b"Q": lambda m: m.outside(),
    }
)
_ACTING = _by_code(
    {
        b"\x80": lambda m: m.protocol(),
        b"\x95": lambda m: m.frame(),
        b"(": lambda m: m.mark(),
        b"0": lambda m: m.pop(),
        b"1": lambda m: m.marked(),
        b"p": lambda m: m.remember(m.decimal()),
        b"q": lambda m: m.remember(m.byte()),
        b"r": lambda m: m.remember(m.number(4)),
        b"\x94": lambda m: m.remember(len(m.memo)),
        b"a": lambda m: m.append([m.stack.pop()]),
        b"e": lambda m: m.append(m.marked()),
        b"s": lambda m: m.set(list(m.popped(2))),
        b"u": lambda m: m.set(m.marked()),
        b"\x90": lambda m: m.add(m.marked()),
        b"b": lambda m: m.build(),
    }
)
