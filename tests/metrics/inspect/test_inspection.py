"""An inspection finds out what is known of a generator, in slices that may be stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from latentstudio.metrics.inspect.plan import PARTS, InspectError, Plan
from latentstudio.metrics.inspect.report import Report
from latentstudio.metrics.inspect.run import Inspection
from latentstudio.metrics.measure.kept import Kept
from latentstudio.metrics.path_length import perceptual_path_length
from tests.metrics.inspect.halves import Halves, Means, reader

NUM, PATHS, MOVED = 200, 20, 12


def small(**changes: Any) -> Plan:
    return Plan(**({"num": NUM, "paths": PATHS, "moved": MOVED, "batch": 16} | changes))


def done(inspection: Inspection) -> Report:
    while inspection.step():
        pass
    return inspection.report()


@pytest.fixture(scope="module")
def report() -> Report:
    return done(Inspection(small(), Halves(), reader()))


def without_times(report: Report) -> Report:
    return msgspec.structs.replace(report, seconds=0.0, finished="")


def test_w_is_disentangled_and_z_is_not(report: Report) -> None:
    z, w = report.spaces
    assert (z.space, w.space, w.dim) == ("z", "w", 4)
    # Code 0 counts for two of three factors, code 1 for one: (2 (1 - ln 2 / ln 3) + 1) / 3.
    assert w.dci.disentanglement == pytest.approx(0.579, abs=0.01)
    assert w.dci.completeness > 0.95 and w.dci.informativeness > 0.9
    assert z.dci.disentanglement < 0.4 and z.dci.completeness < 0.2
    assert w.sap.value > 0.4 > z.sap.value + 0.3
    assert w.mig.value > z.mig.value + 0.3
    assert w.separability.value < 1.2, "a plane parts the bright from the dark"
    for score in (w.dci, w.mig, w.sap, w.separability):
        assert score.source == "classifier labels on samples: means (34343434…)"
        assert score.n == NUM


def test_each_direction_moves_its_own_half_alone(report: Report) -> None:
    leakage = report.leakage
    assert (leakage.space, leakage.n) == ("w", MOVED)
    found = {
        (row.attribute, leak.attribute): leak for row in leakage.matrix.rows for leak in row.leaks
    }
    for own in ("left", "right"):
        assert found[own, own].mean == pytest.approx(1.0, abs=0.02)
    assert abs(found["left", "right"].mean) < 0.02 and abs(found["right", "left"].mean) < 0.02
    assert found["left", "bright"].mean > 0.3
    fits = {fit.attribute: fit for fit in leakage.directions}
    assert fits["left"].r2 > 0.99 and not fits["left"].weak
    assert fits["left"].length == pytest.approx(1.0, abs=0.15), "one deviation of the prior"


def test_each_half_sits_in_its_layer(report: Report) -> None:
    share = report.layers.share
    assert [row[0] for row in share] == pytest.approx([1.0, 0.0])
    assert [row[1] for row in share] == pytest.approx([0.0, 1.0])
    assert report.layers.n == MOVED


def test_path_lengths_are_those_of_measure(report: Report) -> None:
    for space in report.spaces:
        for found in (space.ppl_full, space.ppl_end):
            want = perceptual_path_length(
                Halves(), reader(), PATHS, 0, 16, space=space.space, sampling=found.sampling
            )
            assert msgspec.structs.replace(found, value=0, stderr=0) == msgspec.structs.replace(
                want, value=0, stderr=0
            )
            assert (found.value, found.stderr) == pytest.approx((want.value, want.stderr))


def test_what_is_missing_is_said(report: Report) -> None:
    left = {(each.part, each.why) for each in report.left_out}
    assert ("factors", "still is the same in all samples") in left
    assert ("leakage", "samples hardly differ in Still") in left
    assert [report.columns[i].attribute for i in report.shown] == ["left", "right", "bright"]


def test_the_report_survives_json(report: Report) -> None:
    text = msgspec.json.encode(report)
    assert msgspec.json.decode(text, type=Report) == report
    fields = set(msgspec.json.decode(text))
    assert {"spaces", "layers", "leakage", "left_out", "factors", "versions"} < fields


def test_progress_only_grows_and_says_what_it_is_at() -> None:
    inspection = Inspection(small(), Halves(), reader())
    shares, titles, drawing = [inspection.progress], [inspection.title], {inspection.draws}
    while inspection.step():
        shares.append(inspection.progress)
        titles.append(inspection.title)
        drawing.add(inspection.draws)
    assert shares == sorted(shares) and shares[0] == 0.0 and inspection.progress == 1.0
    assert titles[0] == "samples" and "dci in w" in titles and "paths in z, end" in titles
    assert drawing == {True, False} and inspection.title == "" and not inspection.draws
    assert not inspection.step(), "there is nothing left to do"


def test_a_slice_that_was_cut_short_is_done_again(report: Report) -> None:
    class CutError(Exception):
        pass

    class Interrupted(Halves):
        calls = 0

        def synthesize(self, ws: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
            self.calls += 1
            if self.calls % 3 == 0:
                raise CutError
            return super().synthesize(ws, *args, **kwargs)

    inspection, more, cuts = Inspection(small(), Interrupted(), reader()), True, 0
    while more:
        try:
            more = inspection.step()
        except CutError:
            cuts += 1
    assert cuts > 10
    assert without_times(inspection.report()) == without_times(report)


@pytest.mark.parametrize("stop", [3, 15, 30])
def test_it_goes_on_where_it_was_stopped(tmp_path: Path, report: Report, stop: int) -> None:
    plan = small(kept=Kept(tmp_path))
    first, second, third = Halves(), Halves(), Halves()
    inspection = Inspection(plan, first, reader())
    for _ in range(stop):
        assert inspection.step()
    before = Inspection(plan, second, reader())
    assert without_times(done(before)) == without_times(report)
    whole = Halves()
    done(Inspection(small(), whole, reader()))
    # The slices of one part at most are lost.
    longest = MOVED * 6
    assert first.drawn + second.drawn <= whole.drawn + longest
    again = Inspection(plan, third, reader())
    assert without_times(done(again)) == without_times(report)
    assert third.drawn == 0


def test_without_a_mapping_there_is_z_alone() -> None:
    report = done(Inspection(small(), Halves(mapped=False), reader()))
    assert [space.space for space in report.spaces] == ["z"]
    assert report.leakage.space == "z" and report.layers is None
    why = {each.part: each.why for each in report.left_out}
    assert why["w"] == "a halves has no mapping network: z only"
    assert why["layers"].startswith("the latents enter at one layer")
    own = next(row for row in report.leakage.matrix.rows if row.attribute == "right")
    assert own.leaks[1].mean == pytest.approx(1.0, abs=0.02)


def test_one_part_alone_is_what_it_is_in_all(report: Report) -> None:
    for part in PARTS:
        plan = small(parts=(part,))
        generator = Halves()
        found = done(Inspection(plan, generator, reader()))
        if part in ("layers", "leakage"):
            assert getattr(found, part) == getattr(report, part)
            assert all(space.dci is None for space in found.spaces)
            continue
        for alone, all_ in zip(found.spaces, report.spaces, strict=True):
            name = "ppl_full" if part == "ppl" else part
            assert getattr(alone, name) == getattr(all_, name)
        assert found.leakage is None and found.layers is None
    assert generator.drawn, "leakage draws"


def test_another_generator_or_classifier_keeps_its_own_results(tmp_path: Path) -> None:
    plan = small(parts=("mig",), kept=Kept(tmp_path))
    done(Inspection(plan, Halves(), reader()))
    other = Halves()
    other.content_hash = "56" * 32
    done(Inspection(plan, other, reader()))
    assert other.drawn == NUM


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"parts": ("fid",)}, "no part 'fid': choose from ppl, separability"),
        ({"parts": ()}, "nothing is to be inspected"),
        ({"num": 49}, "--num is 49: at least 50"),
        ({"moved": 1}, "at least 2 of each"),
        ({"moved": 201}, "201 of 200 samples"),
        ({"paths": 1}, "1 paths"),
    ],
)
def test_plans_that_cannot_be_get_a_sentence(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InspectError, match=words):
        Inspection(small(**changes), Halves(), reader())


def test_classifiers_without_attributes_get_a_sentence() -> None:
    with pytest.raises(InspectError, match=r"means learned from a pretext \(left, right, "):
        Inspection(small(), Halves(), reader(pretext=True))

    class Inception:
        name, content_hash, dim, resolution = "inception", "", 4, 8

    with pytest.raises(InspectError, match="inception reads no attributes: choose a classifier"):
        Inspection(small(), Halves(), Inception())  # type: ignore[arg-type]


def test_a_classifier_that_reads_nonsense_gets_a_sentence(monkeypatch: Any) -> None:
    monkeypatch.setattr(Means, "forward", lambda _, images: torch.full((len(images), 4), torch.nan))
    with pytest.raises(InspectError, match="means reads numbers that are not finite"):
        done(Inspection(small(), Halves(), reader()))


def test_a_generator_of_one_picture_leaves_all_out_but_does_not_fail() -> None:
    generator = Halves()
    with torch.no_grad():
        generator.scale.zero_()
    report = done(Inspection(small(), generator, reader()))
    assert report.leakage is None and report.spaces[0].dci is None
    why = {each.part: each.why for each in report.left_out}
    assert why["leakage w"].startswith("samples differ in no attribute")
    assert why["dci z"]
