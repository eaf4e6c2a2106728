"""The sliders that ship: attributes of the bundled checkpoints as directions.

``python -m latentstudio.engine.editing.bundle_directions`` fits them anew, in some minutes for each
checkpoint, to the samples that :mod:`~latentstudio.engine.editing.bundle` read. One that is too
weak is left out.
"""

from __future__ import annotations

import argparse
import queue
from pathlib import Path

from latentstudio.checkpoints.bundled import resources_folder
from latentstudio.checkpoints.header import glance
from latentstudio.document.direction import Direction
from latentstudio.document.direction_file import SUFFIX, write_direction
from latentstudio.engine.editing.bundle import checkpoints
from latentstudio.engine.editing.editor import Editor
from latentstudio.engine.editing.values import FitRequest, Fitted, Known
from latentstudio.engine.engine import Engine

# Name, attribute, value, and what hangs together with it in the samples.
# Eight: as many as stand in front.
WANTED = (
    ("Turn", "yaw", "", ()),
    ("Smile", "smile", "", ()),
    ("Glasses", "glasses", "round", ("eye_openness", "pitch")),
    ("Skin", "skin_tone", "", ()),
    ("Hair colour", "hair_color", "", ("earrings",)),
    ("Long hair", "hair_style", "long", ("earrings",)),
    ("Beard", "beard", "full", ()),
    ("Light", "light_azimuth", "", ()),
)


def fit_all(path: Path) -> list[Direction]:
    """The directions of one bundled checkpoint that are worth a slider."""
    checkpoint = glance(path).info.content_hash
    news: queue.SimpleQueue[Known | Fitted | str] = queue.SimpleQueue()

    def ignore(*_: object) -> None:
        pass

    engine = Engine(lambda _: path, device="cpu", on_frame=ignore, on_error=ignore, on_model=ignore)
    engine.start()
    editor = Editor(
        engine,
        lambda _: path,
        on_known=news.put,
        on_fitted=news.put,
        on_error=news.put,
        on_reading=ignore,
        on_step=ignore,
        on_ended=ignore,
        on_leakage=ignore,
        on_progress=ignore,
    )
    found = []
    try:
        editor.open(checkpoint)
        answer = news.get()
        while not (isinstance(answer, Known) and answer.complete):
            answer = news.get()
        for name, attribute, value, kept in WANTED:
            editor.fit(FitRequest("attribute", name, attribute, value, kept=kept))
            answer = news.get()
            if isinstance(answer, Fitted) and not answer.weak:
                found.append(answer.direction)
            else:
                print(f"{name}: {answer if isinstance(answer, str) else 'too weak'}")
    finally:
        editor.stop()
        engine.stop()
    return found


def build(folder: Path) -> None:
    """Fit the directions of every bundled checkpoint, and write them into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"*{SUFFIX}"):
        old.unlink()
    for path in checkpoints():
        for direction in fit_all(path):
            name = f"{path.stem}-{direction.name.lower().replace(' ', '-')}{SUFFIX}"
            write_direction(folder / name, direction)
            print(f"{name}: R² {direction.score:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    default = resources_folder() / "directions"
    parser.add_argument("--out", type=Path, default=default, help="folder to write into")
    build(parser.parse_args().out)
