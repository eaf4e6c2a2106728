"""Recipes on the clipboard and in a drag."""

from __future__ import annotations

from PySide6.QtCore import QMimeData

from latentstudio.document.codec import recipe_from_json, recipe_to_json
from latentstudio.document.recipe import Point, Recipe, RecipeError

RECIPE_MIME = "application/x-latentstudio-recipe"


def write_recipe(mime: QMimeData, recipe: Recipe) -> None:
    """Put a recipe's JSON into ``mime``."""
    mime.setData(RECIPE_MIME, recipe_to_json(recipe))


def read_recipe(mime: QMimeData) -> Recipe | None:
    """The recipe in ``mime``; None without a readable one (a drag from elsewhere is untrusted)."""
    if not mime.hasFormat(RECIPE_MIME):
        return None
    try:
        return recipe_from_json(bytes(mime.data(RECIPE_MIME).data()), "the dropped item")
    except RecipeError:
        return None


def loudest(recipe: Recipe) -> Point:
    """The point with the largest share in the recipe's blend."""
    return max(recipe.points, key=lambda point: recipe.blend.share(point.name))
