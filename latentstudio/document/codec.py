"""Recipes to JSON and back, with one sentence for whatever is wrong."""

from __future__ import annotations

import codecs
import hashlib

import msgspec

from latentstudio.document.recipe import VERSION, Recipe, RecipeError
from latentstudio.document.versioned import VersionedDecoder

MAX_BYTES = 16 << 20

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = VersionedDecoder(Recipe, "recipe", VERSION, marked=False)


def recipe_to_json(recipe: Recipe) -> bytes:
    """Write a recipe as canonical UTF-8 JSON: equal recipes give equal bytes."""
    return _encoder.encode(recipe)


def recipe_from_json(data: bytes, source: str = "the recipe") -> Recipe:
    """Read a recipe.

    Parameters
    ----------
    data
        UTF-8 JSON from anywhere; untrusted.
    source
        What to call it in the sentence of an error, such as a file's name.

    Raises
    ------
    RecipeError
        One sentence: not JSON, a field that does not fit (named), or a newer version.
    """
    data = data.removeprefix(codecs.BOM_UTF8)  # editors on Windows put it there
    if len(data) > MAX_BYTES:
        raise RecipeError(f"{source} is {len(data) >> 20} MiB; a recipe is never above 16 MiB")
    return _decoder.decode(data, source)


def recipe_digest(recipe: Recipe) -> str:
    """sha256 of the canonical JSON, in hex: a key for caches and thumbnails."""
    return hashlib.sha256(recipe_to_json(recipe)).hexdigest()
