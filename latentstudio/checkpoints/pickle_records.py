"""What reading a pickle gives, and what it may cost: inert notes, and limits for a whole file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from latentstudio.checkpoints.errors import CheckpointError, quoted
from latentstudio.checkpoints.layout import damaged

# A StyleGAN snapshot of three networks with 1024 px takes some 50,000 instructions, each of which
# makes one small object at most: these limits bound time (a second) and memory (100 MB).
MAX_INSTRUCTIONS = 200_000
MAX_MEMORY = 32 << 20  # bytes of text and of long integers
# Texts hash with a secret, numbers do not: many chosen ones would make a dictionary crawl.
MAX_NUMBER_KEYS = 4000

ENCODE = "_codecs.encode"  # how protocol 2 writes bytes

_NUMBERS = (int, float, bool, type(None))


class ForbiddenNameError(CheckpointError):
    """A pickle asks for a function or class that its kind of file does not need."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(
            f"{path} asks for {quoted(name)}, which no StyleGAN generator needs and which is"
            " therefore not looked up: choose a pickle of stylegan2-ada-pytorch or stylegan3"
        )
        self.name = name


@dataclass(frozen=True, slots=True)
class Global:
    """The name of a function or class, ``module.name``. Nothing is imported."""

    name: str


@dataclass(slots=True, eq=False, repr=False)
class Record:
    """A call that was not made, or an object that was not built.

    Attributes
    ----------
    name
        What was to be called.
    args
        With what.
    state
        What the object was to be filled with afterwards, or None.
    entries
        What it was to be given by key, as dictionaries are.
    """

    name: str
    args: tuple[Any, ...]
    state: Any = None
    entries: dict[Any, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Reading:
    """The reading of one file: its name for the sentences, and what it may still cost.

    Attributes
    ----------
    path
        The file.
    instructions
        How many may follow, in all pickles of the file together.
    memory
        Bytes that texts and integers may still take.
    number_keys
        Keys and members other than texts that dictionaries and sets may still get.
    """

    path: Path
    instructions: int = MAX_INSTRUCTIONS
    memory: int = MAX_MEMORY
    number_keys: int = MAX_NUMBER_KEYS

    def allocate(self, size: int) -> None:
        """Ask for ``size`` bytes.

        Raises
        ------
        CheckpointError
            The file has had enough.
        """
        self.memory -= size
        if self.memory < 0:
            raise self.damaged("it holds more text than any network")

    def key(self, value: Any) -> Any:
        """Return what is to become a key or a member of a set.

        Raises
        ------
        CheckpointError
            It is neither text nor number. Hashing anything else could take for ever.
        """
        if type(value) is not str:
            self.number_keys -= 1
            if type(value) not in _NUMBERS or self.number_keys < 0:
                raise self.damaged("it has keys that are no texts")
        return value

    def damaged(self, what: str) -> CheckpointError:
        """Make the error for a file that is no whole and true checkpoint."""
        return damaged(self.path, what)


def bytes_of(value: Any, reading: Reading) -> memoryview:
    """Return bytes from a pickle, in protocol 2 those that were written as a text.

    Raises
    ------
    CheckpointError
        It is nothing of that kind.
    """
    if type(value) is memoryview:
        return value
    if type(value) is Record and value.name == ENCODE and len(value.args) == 2:
        text, codec = value.args
        if type(codec) is str and codec in ("latin1", "latin-1"):
            try:
                if type(text) is memoryview:  # a long text, still undecoded
                    reading.allocate(len(text))
                    text = str(text, "utf-8")
                if type(text) is str:
                    reading.allocate(len(text))
                    return memoryview(text.encode("latin-1"))
            except UnicodeError as error:
                raise reading.damaged("the bytes of an array are malformed") from error
    raise reading.damaged("an array has no bytes")
