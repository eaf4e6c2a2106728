"""One look at any file that was made here tells what it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from latentstudio.checkpoints.difference import Difference, write_difference
from latentstudio.checkpoints.encoder_file import (
    EncoderHeader,
    NetworkConfig,
    encode_encoder_header,
)
from latentstudio.checkpoints.store import load_generator
from latentstudio.document.codec import recipe_to_json
from latentstudio.document.direction import Direction
from latentstudio.document.direction_file import write_direction
from latentstudio.document.document import State
from latentstudio.document.film_text import PNG_KEYWORD
from latentstudio.document.film_text_boxes import MP4_UUID, mp4_box
from latentstudio.document.png import GRID_KEYWORD, embed_recipe, embed_text
from latentstudio.document.recipe import Recipe, Truncation
from latentstudio.document.session import save_session
from latentstudio.document.timeline.file import timeline_to_json
from latentstudio.document.timeline.timeline import Timeline
from latentstudio.document.vector import Vector
from latentstudio.export.picture import pixels_to_png
from tests.cli.test_inspect import classifier

HASH = "ab" * 32
FILM = Timeline(Recipe(HASH, difference="cd" * 32), length=2.0, rate=(24000, 1001)).with_mark(
    0.0, Recipe(HASH, truncation=Truncation(0.7))
)
PNG = pixels_to_png(np.zeros((4, 4, 3), np.uint8))
FILES = {
    "film": mp4_box(b"ftyp", b"isom") + mp4_box(b"uuid", MP4_UUID + timeline_to_json(FILM)),
    "timeline": timeline_to_json(FILM),
    "contact sheet": embed_text(
        embed_text(PNG, GRID_KEYWORD, b"{}"), PNG_KEYWORD, timeline_to_json(FILM)
    ),
    "picture": embed_recipe(PNG, Recipe(HASH, truncation=Truncation(0.7))),
    "recipe": recipe_to_json(Recipe(HASH, truncation=Truncation(0.7))),
}


@pytest.fixture(params=["inspect", "info"])
def look(request: Any, run: Any) -> Any:
    """What either command says of a file, in words and as JSON."""

    def call(path: Path) -> tuple[dict[str, str], dict[str, Any]]:
        words, facts = run(request.param, path), run(request.param, path, "--json")
        assert words.code == facts.code == 0, words
        found: dict[str, Any] = json.loads(facts.out)
        assert found["bytes"] == path.stat().st_size
        width = max(line.find("  ") for line in words.out.splitlines()) + 2
        return {s[:width].strip(): s[width:].strip() for s in words.out.splitlines()}, found

    return call


def test_a_difference(checkpoint: Path, tmp_path: Path, look: Any) -> None:
    own, path = load_generator(checkpoint).content_hash, tmp_path / "any.name"
    factors = torch.zeros(8, 3), torch.zeros(3, 4, 3, 3)
    planes = {2: torch.zeros(8, 8), 10: torch.zeros(32, 32)}
    difference = Difference(own, planes, {"synthesis.b8.conv1.weight": factors}, "Grandmother")
    digest = write_difference(path, difference)
    words, facts = look(path)
    assert "difference" in words["format"] and words["name"] == "Grandmother"
    assert words["checkpoint"].startswith(own) and words["hash"] == digest
    assert facts["weights"] == {"synthesis.b8.conv1": "rank 3"}
    assert list(facts["noise"].items()) == [("layer 2", "8 x 8"), ("layer 10", "32 x 32")]
    assert words["weights.synthesis.b8.conv1"] == "rank 3" and words["noise.layer 2"] == "8 x 8"


def test_an_encoder(tmp_path: Path, look: Any) -> None:
    config = NetworkConfig(resolution=32, channels=3, dim=8, width=4, max_width=8)
    created = datetime.now(UTC).isoformat()
    header = EncoderHeader(1, "Mugs", HASH, "w", config, {}, {"r2": 0.123456}, created, HASH)
    path = tmp_path / "mugs.encoder.safetensors"
    safetensors.torch.save_file({"a": torch.zeros(1)}, path, encode_encoder_header(header))
    words, facts = look(path)
    assert words["format"] == "latentstudio encoder" and words["guesses"] == "w"
    assert words["checkpoint"] == HASH and words["network.resolution"] == "32"
    assert facts["scores"] == {"r2": 0.1235}


@pytest.mark.parametrize("kind", FILES)
def test_films_timelines_pictures_and_recipes(kind: str, tmp_path: Path, look: Any) -> None:
    path = tmp_path / "any.name"
    path.write_bytes(FILES[kind])
    words, _ = look(path)
    assert kind in words["format"] and words["checkpoint"] == HASH
    if kind in ("picture", "recipe"):
        assert words["psi"] == "0.7"
    else:
        assert (words["length"], words["rate"], words["keys"]) == (
            "2 s, 48 frames",
            "24000/1001",
            "1",
        )


def test_sessions_directions_and_classifiers(checkpoint: Path, tmp_path: Path, look: Any) -> None:
    path = tmp_path / "a"
    save_session(path, State(recipe=Recipe(HASH), timeline=FILM))
    words, _ = look(path)
    assert words["format"] == "latentstudio session" and words["timeline.keys"] == "1"
    write_direction(path, Direction("Smile", HASH, Vector.of("w", np.ones(8, np.float32))))
    words, _ = look(path)
    assert words["format"] == "latentstudio direction" and words["name"] == "Smile"
    words, _ = look(classifier(path, checkpoint))
    assert words["format"] == "latentstudio attribute classifier"


@pytest.mark.parametrize("command", ["inspect", "info"])
def test_damaged_files_and_others_get_a_sentence(command: str, tmp_path: Path, run: Any) -> None:
    path = tmp_path / "any.name"
    cases = {
        FILES["film"][:-9]: "cut short",
        mp4_box(b"ftyp", b"isom"): "holds no timeline",
        FILES["timeline"][:-9]: "does not hold a readable timeline",
        PNG: "is a PNG picture",
        b"words": "is a text",
        b"": "is empty",
    }
    for content, words in cases.items():
        path.write_bytes(content)
        done = run(command, path)
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1), done
        assert words in done.err


def test_how_to_inspect_is_for_checkpoints(tmp_path: Path, run: Any) -> None:
    path = tmp_path / "any.name"
    path.write_bytes(FILES["timeline"])
    done = run("inspect", path, "--traversal", "z:0")
    assert done.code == 2 and "--traversal is for a CHECKPOINT" in done.err
