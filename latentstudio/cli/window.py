"""``open`` and ``screenshot``: the window, on the screen or on no screen."""

from __future__ import annotations

from pathlib import Path

import click

from latentstudio.cli.common import FILE, digits, must_be_png, must_exist, sentences


@click.command("open")
@click.argument("files", nargs=-1, type=FILE)
def open_(files: tuple[Path, ...] = ()) -> int:
    """Open the window, on FILES if given: a checkpoint, a session, a picture or a film."""
    must_exist(files)
    with sentences():
        from latentstudio.ui.app import run

        return run([str(file) for file in files])


@click.command()
@click.option("--out", required=True, type=FILE, help="The PNG to write.")
@click.option("--size", default="1600x1000", show_default=True, help="Width x height in pixels.")
@click.argument("files", nargs=-1, type=FILE)
def screenshot(out: Path, size: str, files: tuple[Path, ...]) -> None:
    """Draw the real window offscreen, after its first picture, and save it."""
    width, _, height = size.lower().partition("x")
    if not (digits(width) and digits(height) and 0 < int(width) < 1e5 > int(height) > 0):
        raise click.UsageError(f"--size is {size!r}: write width x height, such as 1600x1000")
    must_be_png(out)
    must_exist(files)
    with sentences():
        from latentstudio.ui.app import screenshot as draw

        draw(out, (int(width), int(height)), [str(file) for file in files])
    click.echo(str(out))
