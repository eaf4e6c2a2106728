"""``render``: pictures of seeds or of a recipe, or the film of a timeline."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from latentstudio.cli.common import (
    FILE,
    digits,
    label_index,
    must_be_png,
    must_exist,
    open_engine,
    read_header,
    sentences,
)

if TYPE_CHECKING:
    from latentstudio.checkpoints.header import Header
    from latentstudio.document.recipe import Recipe, Transform
    from latentstudio.engine.frame import Frame

MAX_PICTURES = 100_000
MAX_GRID_PIXELS = 1 << 26  # 8192 x 8192
FILM_OPTIONS = ("size", "fps", "fit", "repeat", "quality")


@click.command()
@click.argument("checkpoint", required=False, type=FILE)
@click.option("--seeds", metavar="LIST", help="Such as 0-15,20. A picture for each.")
@click.option("--psi", type=float, help="Truncation: 1 is none, 0 the mean picture.")
@click.option("--cutoff", type=int, help="Truncate only the first so many layers.")
@click.option("--noise", type=click.Choice(["const", "none", "random"]), help="Noise mode.")
@click.option("--translate", metavar="X,Y", help="Move by picture widths right, heights down.")
@click.option("--rotate", metavar="DEGREES", type=float, help="Turn counter-clockwise.")
@click.option("--label", metavar="CLASS", help="Name or index, for a checkpoint with classes.")
@click.option("--grid", is_flag=True, help="Also write grid.png with all of them.")
@click.option("--columns", type=click.IntRange(1), help="Pictures in a row of the grid.")
@click.option("--recipe", type=FILE, help="A recipe (JSON) or a saved picture to draw again.")
@click.option("--timeline", type=FILE, help="A timeline, session or film made here, as a film.")
@click.option("--size", metavar="WxH", help="Of the film, such as 512x512.")
@click.option("--fps", metavar="RATE", help="Frames a second: 30, 23.976 or 30000/1001.")
@click.option("--fit", type=click.Choice(["bars", "fill"]), help="Of a film of another shape.")
@click.option("--repeat", type=click.IntRange(0, 1000), help="Times it plays; 0: GIF, WebP loop.")
@click.option("--quality", type=click.IntRange(0, 100), help="Of a film, 0 to 100; 80 if not said.")
@click.option("--checkpoint", "found", type=FILE, help="For --recipe and --timeline.")
@click.option(
    "--out",
    required=True,
    type=FILE,
    help="Folder; with --recipe, the PNG; with --timeline, .mp4, .webm, .gif, .webp, a contact"
    " sheet (.png), or a folder of numbered pictures (no ending).",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
def render(
    checkpoint: Path | None,
    seeds: str | None,
    recipe: Path | None,
    timeline: Path | None,
    found: Path | None,
    out: Path,
    device: str,
    **options: Any,
) -> None:
    """Draw pictures of a CHECKPOINT's seeds, one picture of a --recipe, or a --timeline's film.

    Every PNG carries the recipe that made it, and every film its timeline.
    """
    film = {name: options.pop(name) for name in FILM_OPTIONS}
    if timeline is None:
        _refuse(film, f"is for --timeline, not for {'pictures' if recipe is None else '--recipe'}")
    source = recipe or timeline
    if source is not None:
        kind = "--timeline" if recipe is None else "--recipe"
        both = {"seeds": seeds, "timeline": recipe and timeline, **options}
        _refuse(both, f"does not go with {kind}, which says everything about the picture")
        if checkpoint is not None and found is not None:
            raise click.UsageError("the checkpoint is given twice")
        with sentences(device):
            if recipe is not None:
                _render_recipe(recipe, checkpoint or found, out, device)
            else:
                _render_timeline(source, checkpoint or found, out, device, film)
        return
    if found is not None:
        checkpoint = found if checkpoint is None else checkpoint
    if checkpoint is None:
        raise click.UsageError("what to draw? give a CHECKPOINT with --seeds, or a --recipe")
    if seeds is None:
        raise click.UsageError("which seeds? give --seeds, such as --seeds 0-15")
    if options["columns"] is not None and not options["grid"]:
        raise click.UsageError("--columns is for --grid")
    with sentences(device):
        _render_seeds(checkpoint, parse_seeds(seeds), out, device, options)


def parse_seeds(text: str) -> list[int]:
    """Read a list of seeds: numbers and ranges, both ends included, each seed once, in order.

    Raises
    ------
    click.UsageError
        One sentence: not such a list, out of range, or too many.
    """
    from latentstudio.document.recipe import MAX_SEED

    seeds: dict[int, None] = {}
    for part in text.split(","):
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        last = last if dash else first
        if not (digits(first) and digits(last)):
            raise click.UsageError(
                f"--seeds has {part.strip()!r}: write numbers and ranges, such as 0-15,20"
            )
        if int(last) > MAX_SEED or int(first) > MAX_SEED:
            raise click.UsageError(f"--seeds has {part.strip()}: seeds go from 0 to {MAX_SEED}")
        if int(last) < int(first):
            raise click.UsageError(f"--seeds has {part.strip()}: a range goes upwards")
        if int(last) - int(first) >= MAX_PICTURES - len(seeds):
            raise click.UsageError(f"--seeds asks for more than {MAX_PICTURES} pictures")
        seeds.update(dict.fromkeys(range(int(first), int(last) + 1)))
    return list(seeds)


def _render_seeds(
    path: Path, seeds: list[int], out: Path, device: str, options: dict[str, Any]
) -> None:
    from tqdm import tqdm

    from latentstudio.document.recipe import (
        Noise,
        Point,
        Recipe,
        Seed,
        Truncation,
    )
    from latentstudio.export.grid import save_grid
    from latentstudio.export.picture import save_png

    header = read_header(path)
    if options["grid"] and len(seeds) * header.info.resolution**2 > MAX_GRID_PIXELS:
        raise click.UsageError(
            f"a grid of {len(seeds)} pictures of {header.info.resolution} px is too large: ask for"
            " fewer seeds"
        )
    psi = 1.0 if options["psi"] is None else options["psi"]
    transform = _transform(header, options["translate"], options["rotate"])
    base = Recipe(
        checkpoint=header.info.content_hash,
        label=label_index(header, options["label"]),
        truncation=Truncation(psi, options["cutoff"]),
        noise=Noise(options["noise"] or "const"),
        transform=transform,
    )
    engine = open_engine(lambda _hash: path, device)
    frames: list[Frame] = []
    for seed in tqdm(seeds, unit="picture", disable=None):
        frame = engine.render(base.with_point(Point("A", Seed(seed))))
        if not frames:  # nothing is written, no folder made, for a recipe that cannot be drawn
            out.mkdir(parents=True, exist_ok=True)
        save_png(out / f"seed{seed:04d}.png", frame)
        frames = [*frames, frame] if options["grid"] else [frame]
    if options["grid"]:
        columns = options["columns"] or math.ceil(math.sqrt(len(frames)))
        save_grid(out / "grid.png", frames, columns)
    click.echo(str(out))


def _transform(header: Header, translate: str | None, rotate: float | None) -> Transform:
    """What --translate and --rotate ask for; a sentence where the generator cannot."""
    from latentstudio.document.recipe import Transform

    if translate is None and rotate is None:
        return Transform()
    if not header.info.has_transform:
        option = "--rotate" if translate is None else "--translate"
        raise click.UsageError(
            f"{option} is for StyleGAN3 checkpoints: a {header.info.family} generator cannot move"
            " its picture"
        )
    try:
        x, y = map(float, (translate or "0,0").split(","))
    except ValueError as error:
        raise click.UsageError(
            f"--translate is {translate!r}: write X,Y in picture widths, such as 0.1,-0.05"
        ) from error
    return Transform(x, y, rotate or 0.0)


def _refuse(options: dict[str, Any], why: str) -> None:
    """Raise UsageError for the first option that was given."""
    for name, value in options.items():
        if value is not None and value is not False:
            raise click.UsageError(f"--{name} {why}")


def _render_recipe(source: Path, path: Path | None, out: Path, device: str) -> None:
    import msgspec

    from latentstudio.export.picture import save_png

    must_be_png(out)
    recipe = _read_recipe(source)
    content_hash, locate = _checkpoint(recipe.checkpoint, source, path)
    recipe = msgspec.structs.replace(recipe, checkpoint=content_hash)
    save_png(out, open_engine(locate, device).render(recipe))
    click.echo(str(out))


def _render_timeline(
    source: Path, path: Path | None, out: Path, device: str, options: dict[str, Any]
) -> None:
    import msgspec

    from latentstudio.cli.film import film_settings, read_any_timeline, record, with_rate

    timeline = with_rate(read_any_timeline(source), options["fps"])
    content_hash, locate = _checkpoint(timeline.base.checkpoint, source, path)
    base = msgspec.structs.replace(timeline.base, checkpoint=content_hash)
    timeline = msgspec.structs.replace(timeline, base=base)
    found = locate(content_hash)
    assert found is not None  # _checkpoint has looked
    settings = film_settings(out, options, read_header(found).info.resolution)
    record(out, timeline, settings, open_engine(locate, device))


def _checkpoint(
    made_with: str, source: Path, path: Path | None
) -> tuple[str, Callable[[str], Path | None]]:
    """The hash of the generator that draws ``source``, and where generators are found.

    Raises
    ------
    click.ClickException
        One sentence: the file given is another generator's, or none is given and none here.
    """
    from latentstudio.checkpoints.catalogue import Catalogue
    from latentstudio.checkpoints.differences import Differences, beside

    catalogue, differences = Catalogue(), Differences()
    differences.also(beside(source))

    def locate(wanted: str) -> Path | None:
        return catalogue.locate(wanted) or differences.locate(wanted)

    short = made_with[:8]
    if path is not None:
        content_hash = read_header(path).info.content_hash
        if made_with not in ("", content_hash):
            raise click.ClickException(
                f"{path} holds another generator ({content_hash[:8]}…) than {source} was made with"
                f" ({short}…): give that one's file with --checkpoint"
            )
        return content_hash, lambda wanted: path if wanted == content_hash else locate(wanted)
    if not made_with:
        raise click.ClickException(f"{source} names no checkpoint: give its file with --checkpoint")
    if locate(made_with) is None:
        raise click.ClickException(
            f"the checkpoint {short}… that {source} was made with is not here: give its file with"
            " --checkpoint"
        )
    return made_with, locate


def _read_recipe(source: Path) -> Recipe:
    """The recipe in a JSON file or a saved picture, told apart by what is in them."""
    from latentstudio.document.codec import MAX_BYTES, recipe_from_json
    from latentstudio.document.png import SIGNATURE
    from latentstudio.export.picture import read_picture_recipe

    must_exist([source])
    if not source.is_file():
        raise click.ClickException(f"{source} is not a file")
    with source.open("rb") as stream:
        start = stream.read(len(SIGNATURE))
        if start == SIGNATURE or source.suffix.lower() == ".png":
            return read_picture_recipe(source)
        return recipe_from_json(start + stream.read(MAX_BYTES + 1), str(source))
