"""What any file made here says of itself, but for checkpoints: facts by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from latentstudio.document.recipe import Recipe
    from latentstudio.document.timeline.timeline import Timeline

Facts = dict[str, Any]

_MAX_MARK = 4096  # bytes in which a direction says what it is


def facts_of(path: Path) -> Facts | None:
    """Say what a file is, from its header alone where it has one.

    Returns
    -------
    dict or None
        Ready for JSON, ``format`` first; None for what only a reader of checkpoints can tell.

    Raises
    ------
    CheckpointError, RecipeError, SessionError
        One sentence: it is of a kind that is known, and damaged.
    """
    from latentstudio.ui.recognise import UnknownFileError, recognise

    try:
        kind = recognise(path)
    except UnknownFileError:
        return None
    read = _FILES.get(kind) or _TENSORS.get(_metadata_key(path))
    return None if read is None else read(path) | {"bytes": path.stat().st_size}


def written(facts: Facts, as_json: bool) -> str:
    """Facts for standard output: as JSON, or a line each, those of a part behind its name."""
    if as_json:
        return json.dumps(facts, indent=2, ensure_ascii=False)
    lines: dict[str, object] = {}
    for name, value in facts.items():
        parts = value if isinstance(value, dict) else {"": value}
        lines |= {f"{name}.{part}".strip("."): text for part, text in parts.items()}
    width = max(map(len, lines))
    return "\n".join(f"{name:{width}}  {value}".rstrip() for name, value in lines.items())


def _metadata_key(path: Path) -> str:
    """The key under which a safetensors file describes itself; "" for no such file."""
    from latentstudio.checkpoints.errors import CheckpointError
    from latentstudio.checkpoints.layout import open_untrusted, read_layout

    try:
        with open_untrusted(path) as (file, size):
            keys = read_layout(file, size, path).metadata
    except CheckpointError:
        return ""
    return next((key for key in _TENSORS if key in keys), "")


def _difference(path: Path) -> Facts:
    from latentstudio.checkpoints.difference_header import read_difference_header

    header = read_difference_header(path)
    shapes = {name: spec.shape for name, spec in header.tensors.items()}
    ups = {name.removeprefix("up."): shapes[name] for name in shapes if name.startswith("up.")}
    planes = {name: shape[0] for name, shape in shapes.items() if name.startswith("noise.")}
    return {
        "format": "latentstudio fine tuning (difference)",
        "name": header.name,
        "checkpoint": _checkpoint(header.checkpoint),
        "weights": {name.removesuffix(".weight"): f"rank {up[1]}" for name, up in ups.items()},
        "noise": {
            f"layer {layer}": f"{side} x {side}"
            for layer, side in sorted((int(n.split(".")[1]), side) for n, side in planes.items())
        },
        "hash": header.content_hash,
        "created": header.created,
    }


def _encoder(path: Path) -> Facts:
    import msgspec

    from latentstudio.checkpoints.encoder_file import read_encoder_header

    header = read_encoder_header(path)
    return {
        "format": "latentstudio encoder",
        "name": header.name,
        "checkpoint": _checkpoint(header.checkpoint),
        "guesses": header.space,
        "network": msgspec.to_builtins(header.config),
        "scores": {name: round(value, 4) for name, value in header.scores.items()},
        "training": header.training,
        "hash": header.content_hash,
        "created": header.created,
    }


def _classifier(path: Path) -> Facts:
    from latentstudio.metrics.spaces.classifier_store import read_classifier_header

    header = read_classifier_header(path)
    return {
        "format": "latentstudio attribute classifier",
        "name": header.name,
        "reads": {name: f"{s.measure} {s.value:.3f}" for name, s in header.scores.items()},
        "data": header.data,
        "training": header.training,
        "hash": header.content_hash,
        "created": header.created,
    }


def _timeline(path: Path) -> Facts:
    from latentstudio.document.timeline.file import read_timeline

    return {"format": "latentstudio timeline"} | _of_timeline(read_timeline(path))


def _film(path: Path) -> Facts:
    from latentstudio.document.film_text import read_film_timeline

    return {"format": "film with its timeline"} | _of_timeline(read_film_timeline(path))


def _session(path: Path) -> Facts:
    from latentstudio.document.session import load_session

    state = load_session(path).state
    return {
        "format": "latentstudio session",
        **_of_recipe(state.recipe),
        "gallery": len(state.gallery),
        "timeline": {"length": f"{state.timeline.running:g} s", "keys": len(state.timeline.marks)},
    }


def _recipe_or_direction(path: Path) -> Facts:
    from latentstudio.document.bounded import read_bounded
    from latentstudio.document.codec import MAX_BYTES, recipe_from_json
    from latentstudio.document.direction_file import direction_from_json
    from latentstudio.document.recipe import RecipeError

    data = read_bounded(path, MAX_BYTES, "recipe", RecipeError)
    if b'"latentstudio direction"' not in data[:_MAX_MARK]:
        return {"format": "latentstudio recipe"} | _of_recipe(recipe_from_json(data, str(path)))
    found = direction_from_json(data, str(path))
    return {
        "format": "latentstudio direction",
        "name": found.name,
        "checkpoint": _checkpoint(found.checkpoint),
        "unit": found.unit,
        "from": found.low,
        "to": found.high,
        "method": found.method,
    }


def _picture(path: Path) -> Facts:
    from latentstudio.document.film_text import PNG_KEYWORD
    from latentstudio.document.png import GRID_KEYWORD, read_text
    from latentstudio.export.picture import read_picture_recipe

    with path.open("rb") as stream:
        if read_text(stream, PNG_KEYWORD, str(path)) is not None:
            return _film(path) | {"format": "contact sheet with its timeline"}
        if read_text(stream, GRID_KEYWORD, str(path)) is not None:
            return {"format": "grid of pictures with their recipes"}
    return {"format": "picture with its recipe"} | _of_recipe(read_picture_recipe(path))


def _of_timeline(timeline: Timeline) -> Facts:
    up, down = timeline.rate
    return {
        "checkpoint": _checkpoint(timeline.base.checkpoint),
        **({"difference": timeline.base.difference} if timeline.base.difference else {}),
        "length": f"{timeline.running:g} s, {timeline.frames:,} frames",
        "rate": f"{up}/{down}" if down > 1 else f"{up}",
        "loop": timeline.loop,
        "keys": len(timeline.marks),
        "tracks": {track.name: f"{len(track.keys)} keys" for track in timeline.tracks},
        "walks": len(timeline.walks),
        "beats": len(timeline.beats),
        "pulses": len(timeline.pulses),
    }


def _of_recipe(recipe: Recipe) -> Facts:
    return {
        "checkpoint": _checkpoint(recipe.checkpoint),
        **({"difference": recipe.difference} if recipe.difference else {}),
        "psi": recipe.truncation.psi,
        "edits": len(recipe.edits),
        "bends": len(recipe.bends),
    }


def _checkpoint(content_hash: str) -> str:
    """A checkpoint's hash, and the name that it has on this machine."""
    from latentstudio.checkpoints.catalogue import Catalogue
    from latentstudio.checkpoints.header import glance

    path = Catalogue().locate(content_hash) if content_hash else None
    return f"{content_hash} ({glance(path).info.name})" if path else content_hash or "none"


_FILES: dict[str, Callable[[Path], Facts]] = {
    "session": _session,
    "timeline": _timeline,
    "recipe": _recipe_or_direction,
    "picture": _picture,
    "film": _film,
}
_TENSORS: dict[str, Callable[[Path], Facts]] = {
    "latentstudio-difference": _difference,
    "latentstudio-encoder": _encoder,
    "latentstudio-classifier": _classifier,
}
