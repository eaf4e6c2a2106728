from __future__ import annotations

from typing import Any

import torch

from latentstudio.engine.device import memory_room
from latentstudio.engine.models import Models


def test_models_are_evicted_by_bytes(checkpoints: Any, locate: Any) -> None:
    hashes = [checkpoints[name].content_hash for name in ("style", "twin", "plain")]
    sizes = [Models(locate).get(content_hash, "cpu").nbytes for content_hash in hashes]
    models = Models(locate)
    models.bound(sum(sizes[1:]))
    for content_hash in hashes:
        models.get(content_hash, "cpu")
    assert [h in models for h in hashes] == [False, True, True]


def test_one_model_stays_however_large(checkpoints: Any, locate: Any) -> None:
    models = Models(locate)
    models.bound(1)
    for name in ("style", "large"):
        models.get(checkpoints[name].content_hash, "cpu")
    assert checkpoints["large"].content_hash in models
    assert checkpoints["style"].content_hash not in models


def test_bytes_are_those_of_the_weights_and_what_is_kept(checkpoints: Any, locate: Any) -> None:
    saved = checkpoints["style"]
    model = Models(locate).get(saved.content_hash, "cpu")
    weights = model.nbytes
    assert 0.5 < weights / saved.path.stat().st_size < 2
    with torch.inference_mode():
        ws = model.generator.map(model.generator.sample_z(1, 0))
        model.generator.synthesize(ws, reuse=model.activations)  # type: ignore[call-arg]
    assert model.activations is not None
    assert model.nbytes == weights + model.activations.nbytes > weights
    model.forget()
    assert model.nbytes == weights


def test_room_is_a_share_of_the_machine() -> None:
    assert 2**28 < memory_room("cpu") < 2**44
