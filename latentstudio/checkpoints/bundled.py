"""Where the files that come with latentstudio lie."""

from __future__ import annotations

from pathlib import Path

import latentstudio


def resources_folder() -> Path:
    """Find the folder with the bundled ``checkpoints``, ``icons`` and ``samples``.

    An installed package carries them inside (``latentstudio/resources``); in a source checkout
    they lie beside it (``resources``). The folder need not exist.
    """
    package = Path(latentstudio.__file__).resolve().parent
    inside = package / "resources"
    return inside if inside.is_dir() else package.parent / "resources"


def bundled_features(data: str) -> Path | None:
    """The bundled classifier that was trained on a data set of this name, if there is one."""
    path = resources_folder() / "classifiers" / f"{Path(data).name}.safetensors"
    return path if data and path.is_file() else None
