"""What a person names as training pictures: a folder, a zip, or a set of torchvision."""

from __future__ import annotations

from pathlib import Path

from latentstudio.data.source import Source
from latentstudio.data.source import open_source as open_path


def open_source(data: str, root: Path) -> Source:
    """Open the source that a person named.

    Parameters
    ----------
    data
        A folder of pictures, a cache folder, a zip, or ``torchvision:NAME``.
    root
        Where torchvision downloads to.

    Raises
    ------
    DataError
        If there is no such thing, or it cannot be read or holds no pictures.
    """
    if data.startswith("torchvision:"):
        from trainer.data.torchvision_sets import TorchvisionSource

        return TorchvisionSource(data.removeprefix("torchvision:"), root)
    return open_path(data)
