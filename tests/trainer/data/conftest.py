"""The small folders of pictures that the readers are tested with."""

from __future__ import annotations

from tests.data.conftest import animals as animals
from tests.data.conftest import draw as draw
