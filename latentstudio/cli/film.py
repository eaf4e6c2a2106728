"""The film of a timeline, for ``render``."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from latentstudio.cli.common import must_exist

if TYPE_CHECKING:
    from latentstudio.document.timeline.timeline import Timeline
    from latentstudio.engine.engine import Engine
    from latentstudio.export.film.settings import FilmSettings

_RATE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(?:/(\d{1,6}))?", re.ASCII)
_BROADCAST = (24, 30, 48, 60, 120)
_SIZE = re.compile(r"(\d{1,5})[x×](\d{1,5})", re.ASCII | re.IGNORECASE)


def read_any_timeline(source: Path) -> Timeline:
    """The timeline in a file of one, a session (by its ending) or a film (by its content)."""
    from latentstudio.document.film_text import is_film, read_film_timeline
    from latentstudio.document.session import SUFFIX, load_session
    from latentstudio.document.timeline.file import read_timeline

    must_exist([source])
    if not source.is_file():
        raise click.ClickException(f"{source} is not a file")
    with source.open("rb") as stream:
        if is_film(stream.read(16)):
            return read_film_timeline(source)
    if source.suffix.lower() != SUFFIX:
        return read_timeline(source)
    timeline = load_session(source).state.timeline
    if not timeline.marks:
        raise click.ClickException(f"the session {source} has no key on its timeline: set some")
    return timeline


def with_rate(timeline: Timeline, text: str | None) -> Timeline:
    """The timeline at the rate that --fps asks for."""
    import msgspec

    if text is None:
        return timeline
    match = _RATE.fullmatch(text.strip())
    if match is None or (match[2] and not int(match[2])):
        raise click.UsageError(f"--fps is {text!r}: write it as 30, 23.976 or 30000/1001")
    rate = Fraction(match[1]) / int(match[2] or 1)
    for whole in _BROADCAST:  # 23.976 means 24000/1001
        exact = Fraction(1000 * whole, 1001)
        rate = exact if abs(rate - exact) < Fraction(1, 200) else rate
    return msgspec.structs.replace(timeline, rate=(rate.numerator, rate.denominator))


def film_settings(out: Path, options: dict[str, Any], resolution: int) -> FilmSettings:
    """What --out, --size, --fit, --repeat and --quality ask for."""
    from latentstudio.export.film.settings import FilmSettings, format_of

    width = height = resolution
    if options["size"] is not None:
        match = _SIZE.fullmatch(options["size"].strip())
        if match is None:
            raise click.UsageError(f"--size is {options['size']!r}: write it as 512x512")
        width, height = int(match[1]), int(match[2])
    chosen = {k: options[k] for k in ("fit", "repeat", "quality") if options[k] is not None}
    return FilmSettings(format_of(out), width, height, **chosen)


def record(out: Path, timeline: Timeline, settings: FilmSettings, engine: Engine) -> None:
    """Make the film, with a bar that says how far it is."""
    from tqdm import tqdm

    from latentstudio.export.film.plan import Plan
    from latentstudio.export.film.write import Progress, write_film

    if settings.note:
        click.echo(settings.note, err=True)
    total = Plan(timeline, settings).total
    with tqdm(total=total, unit="frame", disable=None) as bar:

        def show(progress: Progress) -> None:
            bar.update(progress.done - bar.n)

        write_film(out, timeline, settings, engine.render, progress=show)
    click.echo(str(out))
