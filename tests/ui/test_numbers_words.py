"""Digits, intervals and sentences, by hand."""

from __future__ import annotations

import msgspec
import pytest

from latentstudio.ui.numbers.words import (
    FID,
    KID,
    RECALL,
    check_words,
    digits,
    plain_words,
    psi_words,
    warming_words,
)
from tests.ui.fake_live import curve, quality


@pytest.mark.parametrize(
    ("value", "text"),
    [(19.1947, "19.19"), (0.0, "0.00"), (-0.037, "−0.04"), (256.54, "256.5"), (1234.6, "1,235")],
)
def test_digits(value, text):
    assert digits(value) == text


def test_a_metric_scales_value_and_interval_alike():
    found = quality(kid=0.0137, kid_interval=(0.013, 0.0145))
    assert KID.value(found) == pytest.approx(13.7)
    assert KID.interval(found) == pytest.approx((13.0, 14.5))
    assert RECALL.value(found) == found.recall


def test_a_fid_that_warms_up_is_no_number():
    found = quality(n=128)
    assert FID.value(found) is None
    assert FID.interval(found) is None
    assert warming_words(128, 96) == "warming up:\n128 of 384"


def test_the_floor_is_told_with_its_own_n():
    words = plain_words(quality(n=2000), curve(n=1024).floor)
    assert words.startswith("FID at N 2,000: ")
    assert words.endswith("Real against real at N 1,024: 2.10")
    assert "Real" not in plain_words(quality(n=2000), None)


def test_the_worst_check_counts():
    checks = curve().checks
    checks[1].measured = quality(checks[1].measured.sampling, 1024, better=0.5)
    words = check_words(checks)
    assert words.startswith("Interpolation error at ψ 0.05, 0.45, 0.95: FID ±0.50")
    assert check_words([]) == ""


def test_psi_of_pictures_from_elsewhere_is_not_told():
    assert psi_words(quality()) == "ψ 1.00"
    assert psi_words(msgspec.structs.replace(quality(), sampling=None)) == ""
