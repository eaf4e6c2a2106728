from __future__ import annotations

import msgspec
import numpy as np
import pytest
from scipy.linalg import hadamard

from latentstudio.metrics.disentanglement.compare import Comparison, compare
from tests.metrics.disentanglement.toys import binary, categorical, mixed, normal, numbers, sigmoid


def test_a_mapping_that_disentangles() -> None:
    w = normal(400, 4)
    z = w @ hadamard(4)
    never = categorical(np.zeros((400, 1)), 3)
    told = []
    got = compare(z, w, [*mixed(w), *never], source="toy labels", progress=told.append)
    assert got.w is not None
    assert (got.z.space, got.z.dim, got.w.space, got.w.dim) == ("z", 4, "w", 4)
    for name in ("disentanglement", "completeness"):
        assert getattr(got.w.dci, name) > getattr(got.z.dci, name) + 0.5
    assert got.w.mig.value > got.z.mig.value and got.w.sap.value > got.z.sap.value
    # A plane does not mind being turned.
    assert got.w.separability.mean_entropy == pytest.approx(
        got.z.separability.mean_entropy, abs=0.1
    )
    # Turned, w is like z, and z does not get worse.
    assert got.w.turned.dci.completeness < got.w.dci.completeness - 0.4
    assert got.z.turned.dci.completeness > got.z.dci.completeness - 0.1
    assert got.w.turned.sap.value < got.w.sap.value
    assert got.factors == ("number 0", "binary 0", "class 0", "hue") and got.n == 400
    assert len(got.left_out) == 1 and got.left_out[0].startswith("class 0: all samples are 'a'")
    parts = (got.w.dci, got.w.mig, got.w.sap, got.w.separability)
    assert {part.source for part in parts} == {"toy labels"} and {p.n for p in parts} == {400}
    assert told == sorted(told) and told[-1] == 1
    assert msgspec.json.decode(msgspec.json.encode(got), type=Comparison) == got


def test_no_mapping() -> None:
    z = normal(200, 4)
    got = compare(z, None, binary(sigmoid(3 * z)), source="toy")
    assert got.w is None and got.z.separability is not None


def test_nothing_but_numbers() -> None:
    z = normal(200, 4)
    assert compare(z, None, numbers(z), source="toy").z.separability is None


def test_too_few_factors_vary() -> None:
    z = normal(200, 4)
    with pytest.raises(ValueError, match="1 of 2 factors vary"):
        compare(z, None, [*numbers(z[:, :1]), *binary(np.zeros((200, 1)))], source="toy")
