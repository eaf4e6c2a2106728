"""The command line of data sets: build, check, show."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from latentstudio.checkpoints.errors import CheckpointError
from latentstudio.data.errors import DataError
from trainer.data.prepare import Options
from trainer.errors import TrainingError

LARGEST = 4096
_ROOT = click.option(
    "--data-root",
    type=click.Path(path_type=Path),
    default=Path("data"),
    show_default=True,
    help="Where torchvision downloads to.",
)
_SOURCE_HELP = """SOURCE is a folder of pictures (its subfolders are the classes), a zip as
StyleGAN's trainers use it, a folder that build made, or torchvision:NAME."""


@click.group()
def main() -> None:
    """Build, check and show data sets for latentstudio-train."""


@main.command(help=f"Prepare SOURCE as a folder, or as a zip.\n\n{_SOURCE_HELP}")
@click.argument("source")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder, or file in .zip."
)
@click.option(
    "--resolution", type=click.IntRange(4, LARGEST), required=True, help="Height and width, px."
)
@click.option("--crop", type=click.Choice(["center", "none"]), default="center", show_default=True)
@click.option(
    "--resize", type=click.Choice(["lanczos", "area"]), default="lanczos", show_default=True
)
@click.option(
    "--channels",
    type=click.Choice(["auto", "rgb", "gray", "rgba"]),
    default="auto",
    show_default=True,
    help="auto: gray if all pictures are, else rgb.",
)
@click.option(
    "--background", default="white", show_default=True, help="Colour behind transparency."
)
@click.option(
    "--small",
    type=click.Choice(["stop", "skip", "enlarge"]),
    default="stop",
    show_default=True,
    help="What becomes of pictures that are too small.",
)
@click.option("--limit", type=click.IntRange(0), default=0, help="At most so many, at random.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, help="Of that choice.")
@click.option("--processes", type=click.IntRange(1), default=1, show_default=True)
@_ROOT
def build(
    source: str,
    out: Path,
    background: str,
    limit: int,
    seed: int,
    processes: int,
    data_root: Path,
    **chosen: Any,
) -> None:
    """Prepare a data set."""
    with _sentences():
        from trainer.data.build import build_cache, build_zip

        options = Options(background=_colour(background), **chosen)
        as_zip = out.suffix.lower() == ".zip"
        if source == "portraits":
            _render(out, as_zip, options.resolution, limit, seed, processes)
        else:
            make = build_zip if as_zip else build_cache
            make(
                _open(source, data_root),
                out,
                options,
                limit=limit,
                seed=seed,
                processes=processes,
                report=lambda line: click.echo(line, err=True),
            )
        if as_zip:
            click.echo(f"Wrote {out} ({out.stat().st_size / 2**20:.1f} MiB).")
        else:
            click.echo(_summary(out))


@main.command(help=f"Count and name what is wrong with SOURCE.\n\n{_SOURCE_HELP}")
@click.argument("source")
@_ROOT
def check(source: str, data_root: Path) -> None:
    """Check a data set; the exit status is 1 when it cannot be used."""
    with _sentences():
        from trainer.data.check import describe, examine

        opened = _open(source, data_root)
        found = examine(opened)
        for line in describe(opened, found):
            click.echo(line)
    if not found.usable:
        raise SystemExit(1)


@main.command(help=f"Draw a sheet of random pictures of SOURCE.\n\n{_SOURCE_HELP}")
@click.argument("source")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="PNG to write.")
@click.option("--count", type=click.IntRange(1, 4096), default=64, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, help="Which pictures.")
@click.option(
    "--resolution",
    type=click.IntRange(4, 1024),
    default=64,
    show_default=True,
    help="Height and width of each, px.",
)
@_ROOT
def show(source: str, out: Path, count: int, seed: int, resolution: int, data_root: Path) -> None:
    """Draw random pictures side by side and print their labels."""
    with _sentences():
        from latentstudio.atomic import write_atomic
        from latentstudio.data.decode import PictureError
        from latentstudio.data.errors import printable
        from latentstudio.data.sheets import tiled
        from trainer.data.prepare import prepare

        opened = _open(source, data_root)
        options = Options(resolution=resolution, channels="rgb", small="enlarge")
        tiles: list[NDArray[np.uint8]] = []
        for index in np.random.RandomState(seed).permutation(len(opened.names)).tolist():
            if len(tiles) == count:
                break
            name = printable(opened.names[index])
            try:
                tiles.append(prepare(opened.picture(index), options))
            except PictureError as error:
                click.echo(f"{name} {error}", err=True)
                continue
            click.echo(f"{len(tiles)}: {name} {printable(opened.labels.describe(index), 1000)}")
        if not tiles:
            raise TrainingError(f"No picture of {source} can be shown.")
        png = io.BytesIO()
        pixels = np.stack(tiles).transpose(0, 2, 3, 1)
        Image.fromarray(tiled(pixels, math.isqrt(len(tiles) - 1) + 1)).save(png, format="PNG")
        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(out, png.getvalue())
        click.echo(f"Wrote {out}.")


@main.command()
@click.argument("source")
@click.option(
    "--features",
    type=click.Path(path_type=Path),
    help="Classifier file. [default: the folder's own, or the bundled one of the portraits]",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder to write. [default: SOURCE/reals]"
)
def reals(source: str, features: Path | None, out: Path | None) -> None:
    """Write SOURCE in small: features, labels and compressed pictures.

    The studio compares with the folder where SOURCE itself is not at hand. SOURCE is a folder
    that build made, or pictures of one size in a folder or zip.
    """
    with _sentences():
        from latentstudio.data.pictures import open_pictures
        from latentstudio.metrics.spaces.classifier_store import load_classifier
        from latentstudio.metrics.spaces.features import ClassifierFeatures
        from trainer.evaluation import usual_features
        from trainer.reals import write_reals

        pictures = open_pictures(source)
        path = features or usual_features(Path(source), pictures.name)
        if path is None:
            raise TrainingError(
                f"{source} has no features of its own: make them with latentstudio-train "
                "classifier and pass --features FILE."
            )
        classifier, header = load_classifier(path)
        # In full precision, whatever this machine does fast.
        space = ClassifierFeatures(
            classifier, name=header.name, content_hash=header.content_hash, bf16=False
        )
        folder = write_reals(pictures, space, out or Path(source).with_suffix("") / "reals")
        size = sum(file.stat().st_size for file in folder.iterdir())
        click.echo(f"Wrote {folder} ({pictures.count} pictures, {size / 2**20:.1f} MiB).")


def _open(source: str, root: Path) -> Any:
    from trainer.data.source import open_source

    opened = open_source(source, root)
    if opened.note:
        click.echo(opened.note, err=True)
    return opened


def _render(
    out: Path, as_zip: bool, resolution: int, limit: int, seed: int, processes: int
) -> None:
    from trainer.data.cache import build as render
    from trainer.data.dataset import PORTRAITS

    if as_zip:
        raise TrainingError("Portraits are rendered into a folder: build that, then a zip from it.")
    try:
        render(out, limit or PORTRAITS, resolution, seed=seed, processes=processes)
    except ValueError as error:
        raise TrainingError(str(error)) from error


def _summary(folder: Path) -> str:
    from latentstudio.data.layout import read_info

    info = read_info(folder)
    names = ", ".join(a["name"] for a in info.get("attributes", []))
    labels = f"labels: {names}" if names else "no labels"
    return (
        f"Wrote {folder}: {info['count']} pictures of {info['resolution']} px, "
        f"{info['channels']} channels, {labels}."
    )


def _colour(text: str) -> tuple[int, int, int]:
    try:
        red, green, blue = ImageColor.getrgb(text)[:3]
    except ValueError as error:
        raise TrainingError(
            f"--background {text!r} is no colour: give a name, or #rrggbb."
        ) from error
    return red, green, blue


@contextmanager
def _sentences() -> Iterator[None]:
    """Say what went wrong in one sentence; Ctrl-C leaves no traceback."""
    try:
        yield
    except (DataError, CheckpointError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise click.ClickException(f"{reason}.") from error
    except KeyboardInterrupt:
        click.echo("Stopped. The same command goes on where a folder was left.", err=True)
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
