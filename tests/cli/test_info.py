"""What a checkpoint says of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from latentstudio.checkpoints.store import load_generator


def test_info_in_words_and_as_json(checkpoint: Path, run: Any) -> None:
    words = run("info", checkpoint)
    assert words.code == 0
    lines = dict(line.split(maxsplit=1) for line in words.out.splitlines())
    assert lines["family"] == "stylegan2" and lines["training.images_seen"] == "7"
    facts = json.loads(run("info", checkpoint, "--json").out)
    generator = load_generator(checkpoint)
    assert facts["info"]["content_hash"] == generator.content_hash
    assert facts["parameters"] == sum(t.numel() for t in generator.state_dict().values())
    assert facts["training"] == {"images_seen": 7} and "tensors" not in facts
    assert len(facts["info"]["layers"]) == 8
