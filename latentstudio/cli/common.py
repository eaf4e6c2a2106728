"""What the commands share: files, classes, errors as sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from latentstudio.checkpoints.header import Header
    from latentstudio.engine.engine import Engine

FILE = click.Path(path_type=Path)


@contextmanager
def sentences(device: str = "cpu") -> Iterator[None]:
    """Turn whatever goes wrong into one line on standard error."""
    try:
        yield
    except (click.ClickException, click.Abort, click.exceptions.Exit):
        raise
    except Exception as error:
        if type(error).__module__.startswith("latentstudio."):
            raise click.ClickException(str(error)) from error
        from latentstudio.engine.errors import sentence

        raise click.ClickException(sentence(error, device)) from error


def must_exist(files: Sequence[Path]) -> None:
    for file in files:
        if not file.exists():
            raise click.ClickException(f"{file} is not there: check its name and folder")


def must_be_png(out: Path) -> None:
    if out.suffix.lower() != ".png":
        raise click.UsageError(f"--out is {out}: pictures are saved as PNG, so end it in .png")


def digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12


def read_header(path: Path) -> Header:
    from latentstudio.checkpoints.header import read_header

    return read_header(path)


def label_index(header: Header, text: str | None) -> int | None:
    """The index of a class given by its name or index; the engine checks the range."""
    labels = header.info.labels
    if text is None or text in labels:
        return None if text is None else labels.index(text)
    if digits(text):
        return int(text)
    known = f"its classes are {', '.join(labels)}" if labels else "give the index of a class"
    if not header.info.num_classes:
        known = "this generator has no classes"
    raise click.UsageError(f"--label is {text!r}: {known}")


def open_engine(locate: Callable[[str], Path | None], device: str) -> Engine:
    from latentstudio.engine.engine import Engine

    def ignore(*_values: object) -> None:
        pass

    return Engine(locate, device=device, on_frame=ignore, on_error=ignore, on_model=ignore)
