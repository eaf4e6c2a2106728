"""``info``: what a checkpoint says of itself."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from latentstudio.cli.common import FILE, read_header, sentences
from latentstudio.cli.facts import facts_of, written

if TYPE_CHECKING:
    from latentstudio.checkpoints.header import Header


@click.command()
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Everything in the header, as JSON.")
def info(file: Path, as_json: bool) -> None:
    """Say what a FILE holds: a checkpoint, and anything else that was made here.

    Ours tell it from their headers alone; another program's checkpoint is read.
    """
    with sentences():
        facts = facts_of(file)
        if facts is None:
            header = read_header(file)
            facts = {"format": format_of(file, header), **_facts(header)}
            facts = facts if as_json else _summary(facts)
    click.echo(written(facts, as_json))


def format_of(path: Path, header: Header) -> str:
    """What kind of file a checkpoint is: its training may tell of the file it was made from."""
    from latentstudio.checkpoints.sniff import HEAD, is_foreign

    with path.open("rb") as stream:
        foreign = is_foreign(stream.read(HEAD))
    return str(header.training["format"]) if foreign else "latentstudio checkpoint"


def _facts(header: Header) -> dict[str, Any]:
    import msgspec

    facts: dict[str, Any] = msgspec.to_builtins(header)
    del facts["tensors"]
    facts["parameters"] = sum(math.prod(spec.shape) for spec in header.tensors.values())
    return facts


def _summary(facts: dict[str, Any]) -> dict[str, Any]:
    info = facts["info"]
    noisy = sum(layer["noise"] for layer in info["layers"])
    lines = {
        "name": info["name"],
        "format": facts["format"],
        "family": info["family"],
        "picture": f"{info['resolution']} x {info['resolution']}, {info['channels']} channels",
        "latent": f"z of {info['z_dim']}, "
        + (
            f"w of {info['w_dim']}, {info['num_layers']} layers"
            if info["has_mapping"]
            else "no mapping network"
        ),
        "noise": f"in {noisy} layers" if noisy else "none",
        "classes": ", ".join(info["labels"]) or info["num_classes"] or "none",
        "parameters": f"{facts['parameters']:,}",
        "hash": info["content_hash"],
        "created": facts["created"],
    }
    if info["has_transform"]:
        lines["transform"] = "the picture can be moved and turned"
    return lines | {part: facts[part] for part in ("data", "training")}
