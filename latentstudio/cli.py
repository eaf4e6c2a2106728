"""The command line: all that the window does, without a window.

Nothing heavy is imported before it is needed: ``info`` answers without torch, and ``--help``
without anything but click.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from latentstudio import __version__

if TYPE_CHECKING:
    from latentstudio.checkpoints.header import Header
    from latentstudio.document.recipe import Recipe, Transform
    from latentstudio.engine.engine import Engine
    from latentstudio.engine.frame import Frame

MAX_PICTURES = 100_000
MAX_GRID_PIXELS = 1 << 26  # 8192 x 8192

FILE = click.Path(path_type=Path)


def main(args: Sequence[str] | None = None) -> None:
    """Run the program; what is wrong is one line on standard error, and exit code 1 or 2."""
    try:
        code = studio.main(args, prog_name="latentstudio", standalone_mode=False)
    except click.ClickException as error:
        click.echo(f"latentstudio: {error.format_message()}", err=True)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("latentstudio: interrupted; what was finished is saved", err=True)
        code = 130
    sys.exit(code)


@click.group(invoke_without_command=True)
@click.version_option(__version__, prog_name="latentstudio")
@click.pass_context
def studio(context: click.Context) -> Any:
    """Take hold of a trained generator and move through its latent space by hand.

    Without a command, the window opens.
    """
    return context.invoke(open_) if context.invoked_subcommand is None else None


@studio.command("open")
@click.argument("files", nargs=-1, type=FILE)
def open_(files: tuple[Path, ...] = ()) -> int:
    """Open the window, on FILES if given: a checkpoint, a session or a saved picture."""
    _must_exist(files)
    with _sentences():
        from latentstudio.ui.app import run

        return run([str(file) for file in files])


@studio.command()
@click.option("--out", required=True, type=FILE, help="The PNG to write.")
@click.option("--size", default="1600x1000", show_default=True, help="Width x height in pixels.")
@click.argument("files", nargs=-1, type=FILE)
def screenshot(out: Path, size: str, files: tuple[Path, ...]) -> None:
    """Draw the real window offscreen, after its first picture, and save it."""
    width, _, height = size.lower().partition("x")
    if not (_digits(width) and _digits(height) and 0 < int(width) < 1e5 > int(height) > 0):
        raise click.UsageError(f"--size is {size!r}: write width x height, such as 1600x1000")
    _must_be_png(out)
    _must_exist(files)
    with _sentences():
        from latentstudio.ui.app import screenshot as draw

        draw(out, (int(width), int(height)), [str(file) for file in files])
    click.echo(str(out))


@studio.command()
@click.argument("checkpoint", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Everything in the header, as JSON.")
def info(checkpoint: Path, as_json: bool) -> None:
    """Say what a CHECKPOINT holds: ours from its header alone, another program's by reading it."""
    with _sentences():
        header = _header(checkpoint)
        facts = {"format": _format(checkpoint, header), **_facts(header)}
    click.echo(json.dumps(facts, indent=2, ensure_ascii=False) if as_json else _summary(facts))


@studio.command()
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
@click.option("--checkpoint", "found", type=FILE, help="For --recipe.")
@click.option("--out", required=True, type=FILE, help="Folder; with --recipe, the PNG to write.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
def render(
    checkpoint: Path | None,
    seeds: str | None,
    recipe: Path | None,
    found: Path | None,
    out: Path,
    device: str,
    **options: Any,
) -> None:
    """Draw pictures of a CHECKPOINT's seeds, or one picture of a --recipe.

    Every PNG carries the recipe that made it.
    """
    if recipe is not None:
        given = [f"--{name}" for name, value in options.items() if value not in (None, False)]
        if seeds is not None or given:
            raise click.UsageError(
                f"{'--seeds' if seeds is not None else given[0]} does not go with --recipe, which"
                " says everything about the picture"
            )
        if checkpoint is not None and found is not None:
            raise click.UsageError("the checkpoint is given twice")
        with _sentences(device):
            _render_recipe(recipe, checkpoint or found, out, device)
        return
    if found is not None:
        checkpoint = found if checkpoint is None else checkpoint
    if checkpoint is None:
        raise click.UsageError("what to draw? give a CHECKPOINT with --seeds, or a --recipe")
    if seeds is None:
        raise click.UsageError("which seeds? give --seeds, such as --seeds 0-15")
    if options["columns"] is not None and not options["grid"]:
        raise click.UsageError("--columns is for --grid")
    with _sentences(device):
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
        if not (_digits(first) and _digits(last)):
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

    header = _header(path)
    if options["grid"] and len(seeds) * header.info.resolution**2 > MAX_GRID_PIXELS:
        raise click.UsageError(
            f"a grid of {len(seeds)} pictures of {header.info.resolution} px is too large: ask for"
            " fewer seeds"
        )
    psi = 1.0 if options["psi"] is None else options["psi"]
    transform = _transform(header, options["translate"], options["rotate"])
    base = Recipe(
        checkpoint=header.info.content_hash,
        label=_label(header, options["label"]),
        truncation=Truncation(psi, options["cutoff"]),
        noise=Noise(options["noise"] or "const"),
        transform=transform,
    )
    engine = _engine(lambda _hash: path, device)
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


def _label(header: Header, text: str | None) -> int | None:
    """The index of a class given by its name or index; the engine checks the range."""
    labels = header.info.labels
    if text is None or text in labels:
        return None if text is None else labels.index(text)
    if _digits(text):
        return int(text)
    known = f"its classes are {', '.join(labels)}" if labels else "give the index of a class"
    if not header.info.num_classes:
        known = "this generator has no classes"
    raise click.UsageError(f"--label is {text!r}: {known}")


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


def _render_recipe(source: Path, path: Path | None, out: Path, device: str) -> None:
    import msgspec

    from latentstudio.checkpoints.catalogue import Catalogue
    from latentstudio.export.picture import save_png

    _must_be_png(out)
    recipe = _read_recipe(source)
    short = recipe.checkpoint[:8]
    locate: Callable[[str], Path | None] = Catalogue().locate
    if path is not None:
        content_hash = _header(path).info.content_hash
        if recipe.checkpoint not in ("", content_hash):
            raise click.ClickException(
                f"{path} holds another generator ({content_hash[:8]}…) than {source} was made with"
                f" ({short}…): give that one's file with --checkpoint"
            )
        recipe = msgspec.structs.replace(recipe, checkpoint=content_hash)
        locate = lambda _hash: path  # noqa: E731
    elif not recipe.checkpoint:
        raise click.ClickException(f"{source} names no checkpoint: give its file with --checkpoint")
    elif locate(recipe.checkpoint) is None:
        raise click.ClickException(
            f"the checkpoint {short}… that {source} was made with is not here: give its file with"
            " --checkpoint"
        )
    save_png(out, _engine(locate, device).render(recipe))
    click.echo(str(out))


def _read_recipe(source: Path) -> Recipe:
    """The recipe in a JSON file or a saved picture, told apart by what is in them."""
    from latentstudio.document.codec import MAX_BYTES, recipe_from_json
    from latentstudio.document.png import SIGNATURE
    from latentstudio.export.picture import read_picture_recipe

    _must_exist([source])
    if not source.is_file():
        raise click.ClickException(f"{source} is not a file")
    with source.open("rb") as stream:
        start = stream.read(len(SIGNATURE))
        if start == SIGNATURE or source.suffix.lower() == ".png":
            return read_picture_recipe(source)
        return recipe_from_json(start + stream.read(MAX_BYTES + 1), str(source))


@studio.command()
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
    with _sentences():
        _must_exist([source])
        if out.exists() and out.samefile(source):
            raise click.ClickException(f"{out} is IN itself: give another name")
        if out.exists() and not force:
            raise click.ClickException(f"{out} exists: give another name, or --force to replace it")
        from latentstudio.checkpoints.store import load_generator, save_generator

        generator, header = load_generator(source), _header(source)
        content_hash = save_generator(
            out,
            generator,
            name=header.info.name if name is None else name,
            data=header.data,
            training=header.training,
            half=half,
        )
        what, size = _format(source, header), out.stat().st_size / 1e6
    facts = f"{generator.family}, {header.info.resolution} px, {size:.1f} MB, {content_hash}"
    click.echo(f"{out}: from {what}, {facts}")


def _format(path: Path, header: Header) -> str:
    """What kind of file a checkpoint is: its training may tell of the file it was made from."""
    from latentstudio.checkpoints.sniff import HEAD, is_foreign

    with path.open("rb") as stream:
        foreign = is_foreign(stream.read(HEAD))
    return str(header.training["format"]) if foreign else "latentstudio checkpoint"


def _engine(locate: Callable[[str], Path | None], device: str) -> Engine:
    from latentstudio.engine.engine import Engine

    def ignore(*_values: object) -> None:
        pass

    return Engine(locate, device=device, on_frame=ignore, on_error=ignore, on_model=ignore)


def _header(path: Path) -> Header:
    from latentstudio.checkpoints.header import read_header

    return read_header(path)


def _facts(header: Header) -> dict[str, Any]:
    import msgspec

    facts: dict[str, Any] = msgspec.to_builtins(header)
    del facts["tensors"]
    facts["parameters"] = sum(math.prod(spec.shape) for spec in header.tensors.values())
    return facts


def _summary(facts: dict[str, Any]) -> str:
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
    for part in ("data", "training"):
        lines |= {f"{part}.{key}": value for key, value in facts[part].items()}
    width = max(map(len, lines))
    return "\n".join(f"{key:{width}}  {value}" for key, value in lines.items())


@contextmanager
def _sentences(device: str = "cpu") -> Iterator[None]:
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


def _must_exist(files: Sequence[Path]) -> None:
    for file in files:
        if not file.exists():
            raise click.ClickException(f"{file} is not there: check its name and folder")


def _must_be_png(out: Path) -> None:
    if out.suffix.lower() != ".png":
        raise click.UsageError(f"--out is {out}: pictures are saved as PNG, so end it in .png")


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12
