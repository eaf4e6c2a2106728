"""``dataset.json`` of the StyleGAN world, written with all of our attributes beside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from latentstudio.data.labels import Labels
from latentstudio.data.stylegan_labels import OWN


def write_label_file(labels: Labels, names: Sequence[str]) -> bytes:
    """The contents of ``dataset.json`` for pictures with these names in the zip.

    The first categorical attribute, ``class`` if there is one, becomes the integer labels that
    other programs read.
    """
    kinds = [a for a in labels.attributes if a.kind != "continuous"]
    kinds.sort(key=lambda a: (a.name != "class", a.kind != "categorical"))
    content: dict[str, Any] = {"labels": None}
    if kinds:
        values = labels.values[kinds[0].name].tolist()
        content["labels"] = [[name, value] for name, value in zip(names, values, strict=True)]
    if labels.attributes:
        content[OWN] = {
            "attributes": msgspec.to_builtins(labels.attributes),
            "values": {key: array.tolist() for key, array in labels.values.items()},
            "names": list(names),
        }
    return json.dumps(content).encode("ascii")
