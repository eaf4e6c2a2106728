"""``convert``: any checkpoint that opens, in our own format."""

from __future__ import annotations

from pathlib import Path

import click

from latentstudio.cli.common import FILE, must_exist, read_header, sentences
from latentstudio.cli.info import format_of


@click.command()
@click.argument("source", metavar="IN", type=FILE)
@click.argument("out", type=FILE)
@click.option("--name", help="What to call it; its own name if not given.")
@click.option("--half", is_flag=True, help="Store weights as float16: half the size.")
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
def convert(source: Path, out: Path, name: str | None, half: bool, force: bool) -> None:
    """Write any checkpoint that opens, IN, in latentstudio's own format to OUT.

    Name, class labels, data set and provenance are kept.
    """
    if out.suffix != ".safetensors":
        raise click.UsageError(f"OUT is {out}: own format ends in .safetensors")
    with sentences():
        must_exist([source])
        if out.exists() and out.samefile(source):
            raise click.ClickException(f"{out} is IN itself: give another name")
        if out.exists() and not force:
            raise click.ClickException(f"{out} exists: give another name, or --force to replace it")
        from latentstudio.checkpoints.store import load_generator, save_generator

        generator, header = load_generator(source), read_header(source)
        content_hash = save_generator(
            out,
            generator,
            name=header.info.name if name is None else name,
            data=header.data,
            training=header.training,
            half=half,
        )
        what, size = format_of(source, header), out.stat().st_size / 1e6
    facts = f"{generator.family}, {header.info.resolution} px, {size:.1f} MB, {content_hash}"
    click.echo(f"{out}: from {what}, {facts}")
