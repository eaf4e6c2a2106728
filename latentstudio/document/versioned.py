"""JSON of ours from anywhere: what it is, and of which version, is asked before anything else."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from latentstudio.document.checks import RecipeError, printable

T = TypeVar("T")


class _Mark(msgspec.Struct):
    """Just enough to say whether the rest can be read."""

    format: str = ""
    version: int = 0


class VersionedDecoder(Generic[T]):
    """Decodes one kind of file, with one sentence for whatever is wrong.

    Parameters
    ----------
    model
        The whole content.
    kind
        Such as ``timeline``.
    version
        The newest that can be read.
    error
        What to raise.
    marked
        Whether the content says what it is: its ``format`` is ``latentstudio timeline`` then.
    """

    def __init__(
        self,
        model: type[T],
        kind: str,
        version: int,
        error: type[ValueError] = RecipeError,
        *,
        marked: bool = True,
    ) -> None:
        self._decoder = msgspec.json.Decoder(model)
        self._kind, self._version, self._error, self._marked = kind, version, error, marked

    def decode(self, data: bytes, source: str) -> T:
        """Read UTF-8 JSON, untrusted; errors say that it is of another kind, newer, or which field.

        ``source`` is what to call it in their sentence, such as a file's name.
        """
        kind, error = self._kind, self._error
        try:
            mark = msgspec.json.decode(data, type=_Mark)
            if self._marked and mark.format != f"latentstudio {kind}":
                raise error(f"{source} is not a latentstudio {kind}")
            if mark.version > self._version:
                raise error(
                    f"{source} was written by a newer latentstudio ({kind} version"
                    f" {str(mark.version)[:9]}, this one reads up to {self._version}): update"
                    " latentstudio to open it"
                )
            return self._decoder.decode(data)
        except error:
            raise
        except (msgspec.MsgspecError, ValueError, RecursionError) as trouble:
            raise error(
                f"{source} does not hold a readable {kind}: {printable(str(trouble))}"
            ) from trouble
