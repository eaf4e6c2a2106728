"""Recipes to JSON and back, with one sentence for whatever is wrong."""

from __future__ import annotations

import codecs
import hashlib

import msgspec

from latentstudio.document.recipe import VERSION, Recipe, RecipeError

MAX_BYTES = 16 << 20

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Recipe)


class _Versioned(msgspec.Struct):
    version: int = VERSION


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
    try:
        version = msgspec.json.decode(data, type=_Versioned).version
        if version > VERSION:
            raise RecipeError(
                f"{source} was written by a newer latentstudio (recipe version {version}, this one"
                f" reads up to {VERSION}): update latentstudio to open it"
            )
        return _decoder.decode(data)
    except RecipeError as error:
        raise RecipeError(_prefixed(source, str(error))) from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise RecipeError(f"{source} does not hold a readable recipe: {error}") from error


def recipe_digest(recipe: Recipe) -> str:
    """sha256 of the canonical JSON, in hex: a key for caches and thumbnails."""
    return hashlib.sha256(recipe_to_json(recipe)).hexdigest()


def _prefixed(source: str, sentence: str) -> str:
    return sentence if sentence.startswith(source) else f"{source}: {sentence}"
