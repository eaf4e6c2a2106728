"""A measurement in chunks gives the panel's numbers, however often it was stopped."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from torch import Tensor

from latentstudio.document.sampling import Sampling
from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.stylegan2 import StyleGAN2
from latentstudio.metrics.measure.fakes import Drawn
from latentstudio.metrics.measure.kept import Kept
from latentstudio.metrics.measure.plan import CHUNK, MeasureError, Plan
from latentstudio.metrics.measure.run import Report, fill, run, work
from latentstudio.metrics.path_length import perceptual_path_length
from latentstudio.metrics.quality import generate_features, score
from latentstudio.metrics.real_side import RealSide
from latentstudio.metrics.reals import Reals

DIM, SIZE, N = 6, 16, CHUNK + 40


class Means:
    """Six means of a picture, as a feature space; counts the pictures that it sees."""

    name, content_hash, dim, resolution = "means", "ab" * 32, DIM, SIZE

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, images: Tensor) -> Tensor:
        self.seen += len(images)
        halves = images.unflatten(3, (2, -1)).mean(dim=(2, 4))
        return halves.flatten(1).float().cpu()

    embed = __call__


class Classifying(Means):
    def logits_of(self, features: Tensor) -> Tensor:
        return 9.0 * features


class Shown:
    """Random pictures in memory, as a data set."""

    name, channels, fingerprint = "noise", 3, "cd" * 32

    def __init__(self, count: int, resolution: int = SIZE) -> None:
        self.count, self.resolution = count, resolution
        generator = torch.Generator().manual_seed(count)
        shape = (count, resolution, resolution, 3)
        self.pixels = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)

    def picture(self, index: int) -> Any:
        return self.pixels[index].numpy()

    def batches(self, size: int = 64, start: int = 0) -> Iterator[Tensor]:
        for part in self.pixels[start:].split(size):
            yield part.permute(0, 3, 1, 2).float() / 127.5 - 1.0


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    torch.manual_seed(0)
    made = StyleGAN2(z_dim=8, w_dim=8, resolution=SIZE, channel_base=64, channel_max=8)
    made.content_hash, made.name = "ef" * 32, "tiny"
    return made.eval().requires_grad_(False)


@pytest.fixture
def reals() -> Reals:
    pictures = Shown(60)
    side = RealSide.of(Means(), pictures.batches(), data_hash=pictures.fingerprint)
    return Reals(replace(side, data="noise"), pictures)  # type: ignore[arg-type]


@pytest.fixture
def plan(generator: StyleGAN2, reals: Reals, tmp_path: Path) -> Plan:
    fakes = Drawn(generator, Sampling(generator.content_hash, seed=3))
    return Plan((fakes,), Means(), reals, n=N, kept=Kept(tmp_path / "kept"))


def numbers(report: Report) -> tuple[object, ...]:
    return report.rows, report.path_lengths, report.floor


def test_numbers_are_those_of_the_panel(plan: Plan, generator: StyleGAN2, reals: Reals) -> None:
    report = run(replace(plan, floor=True, command="measure it"))
    sampling = Sampling(generator.content_hash, seed=3)
    features = generate_features(generator, Means(), sampling, N, CHUNK)  # type: ignore[arg-type]
    assert report.qualities == (score(reals.side, features, sampling),)
    assert (report.fakes, report.data, report.n, report.command) == (
        "tiny", "noise", N, "measure it",
    )  # fmt: skip
    assert report.floor is not None and (report.floor.n, report.floor.n_real) == (30, 30)
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report


def test_batches_and_workers_change_nothing(plan: Plan) -> None:
    one = run(replace(plan, kept=Kept(None)))
    assert numbers(run(replace(plan, kept=Kept(None), workers=3))) == numbers(one)
    other = run(replace(plan, kept=Kept(None), batch=7)).qualities[0]
    assert other.fid == pytest.approx(one.qualities[0].fid, rel=1e-5)
    assert other.precision == one.qualities[0].precision


def test_goes_on_where_it_was_stopped(plan: Plan) -> None:
    def stop(_what: str, _count: int, _known: bool) -> None:
        nonlocal told
        told += _count
        if told > CHUNK:
            raise KeyboardInterrupt

    told = 0
    with pytest.raises(KeyboardInterrupt):
        run(replace(plan, batch=32), stop)
    features = Means()
    known: list[bool] = []
    report = run(
        replace(plan, batch=32, features=features),
        lambda _w, count, old: known.extend([old] * count),
    )
    assert features.seen == N - CHUNK
    assert (known.count(True), known.count(False)) == (CHUNK, N - CHUNK)
    assert numbers(report) == numbers(run(replace(plan, batch=32, kept=Kept(None))))


def test_more_samples_begin_with_fewer(plan: Plan) -> None:
    run(plan)
    features = Means()
    more = replace(plan, n=N + 50, features=features)
    report = run(more)
    assert features.seen == 50
    alone = run(replace(more, kept=Kept(None))).qualities[0]
    assert report.qualities[0].fid == pytest.approx(alone.fid, rel=1e-6)
    features.seen = 0
    assert numbers(run(replace(plan, features=features))) == numbers(run(plan))
    assert features.seen == 0


def test_damaged_parts_are_made_again(plan: Plan) -> None:
    before = run(plan)
    assert plan.kept.folder is not None
    chunks = sorted(plan.kept.folder.rglob("*.npy"))
    assert len(chunks) == 2
    content = bytearray(chunks[0].read_bytes())
    content[-3] ^= 1
    chunks[0].write_bytes(content)
    chunks[1].write_bytes(b"")
    features = Means()
    assert numbers(run(replace(plan, features=features))) == numbers(before)
    assert features.seen == N


def test_other_settings_are_other_samples(plan: Plan, generator: StyleGAN2) -> None:
    run(plan)
    sampling = Sampling(generator.content_hash, seed=3)
    changes = (sampling.with_psi(0.5), Sampling(generator.content_hash, seed=4))
    for changed in changes:
        features = Means()
        report = run(replace(plan, fakes=(Drawn(generator, changed),), features=features))
        assert features.seen == N and report.rows[0].sampling == changed


def test_a_sweep_has_a_row_for_each_psi(plan: Plan, generator: StyleGAN2) -> None:
    sampling = Sampling(generator.content_hash, seed=3)
    fakes = tuple(Drawn(generator, sampling.with_psi(psi)) for psi in (0.0, 0.5, 1.0))
    report = run(replace(plan, fakes=fakes))
    assert [q.sampling.truncation.psi for q in report.qualities if q.sampling] == [0.0, 0.5, 1.0]
    assert report.qualities[2] == run(plan).qualities[0]
    assert report.qualities[0].recall == 0.0  # without noise inputs learned, one picture


def test_processes_share_the_chunks_out(plan: Plan) -> None:
    whole = fill(plan, lambda *_: None)
    shares = [fill(replace(plan, kept=Kept(None)), lambda *_: None, rank, 2) for rank in (0, 1)]
    assert [part.start for part in shares[0]] == [0] and [p.start for p in shares[1]] == [CHUNK]
    for part in whole:
        assert torch.equal((shares[0] | shares[1])[part], whole[part])


def test_path_lengths_are_of_the_generator(plan: Plan, generator: StyleGAN2) -> None:
    told: list[int] = []
    asked = replace(plan, metrics=("ppl", "ppl-z-end"), reals=None, paths=6)
    report = run(asked, lambda _w, count, _k: told.append(count))
    ways = [(path.space, path.sampling) for path in report.path_lengths]
    assert ways == [("z", "full"), ("w", "full"), ("z", "end")]
    want = perceptual_path_length(generator, Means().embed, 6, 3, asked.size, space="w")
    assert report.path_lengths[1].value == pytest.approx(want.value, rel=1e-6)
    assert sum(told) == work(asked) == 18 and report.rows[0].quality is None
    assert numbers(run(asked)) == numbers(report)


def test_inception_score_by_hand(plan: Plan, generator: StyleGAN2) -> None:
    report = run(replace(plan, metrics=("is",), features=Classifying(), reals=None, n=40))
    sampling = Sampling(generator.content_hash, seed=3)
    logits = 9.0 * generate_features(generator, Means(), sampling, 40, CHUNK)  # type: ignore[arg-type]
    scores = [
        float((part * (part / part.mean(dim=0)).log()).sum(dim=1).mean().exp())
        for part in logits.double().softmax(dim=1).split(4)
    ]
    assert report.rows[0].inception_score is not None
    assert report.rows[0].inception_score.value == pytest.approx(sum(scores) / 10, rel=1e-6)


def test_pixels_of_equally_many(plan: Plan) -> None:
    asked = replace(plan, metrics=("swd", "msssim"))
    pixels = run(asked).rows[0].pixels
    assert pixels is not None and pixels.swd is not None and pixels.msssim is not None
    assert pixels.msssim_real is not None
    assert pixels.swd.n == 60  # as many as there are reals
    assert (pixels.msssim.n, pixels.msssim_real.n) == (30, 30)
    # Pictures of noise have nothing in common.
    assert abs(pixels.msssim_real.value) < 0.2 < pixels.swd.value
    assert run(asked).rows[0].pixels == pixels


def test_what_cannot_be_measured_is_one_sentence(
    plan: Plan, generator: StyleGAN2, reals: Reals
) -> None:
    plain = DCGAN(z_dim=8, resolution=SIZE, ngf=4).eval()
    small = Drawn(DCGAN(z_dim=8, resolution=8, ngf=4).eval(), Sampling())
    side = replace(reals.side, resolution=SIZE)
    other = replace(reals.side, features_hash="00")
    few = RealSide.of(Means(), Shown(3).batches())
    cases: list[tuple[dict[str, Any], str]] = [
        ({"n": 3}, "--num is 3: at least 4"),
        ({"metrics": ("fid", "beauty")}, "no metric 'beauty'"),
        ({"metrics": ("is",)}, "which means has not: pass --features inception"),
        ({"metrics": ("ppl-w",), "fakes": (Drawn(plain, Sampling()),)}, "no mapping network"),
        ({"reals": Reals(other)}, "embed the reals again"),
        ({"reals": Reals(few)}, "holds 3 pictures, too few"),
        ({"fakes": (small,), "reals": Reals(side)}, "are 8 px, those of noise 16 px"),
        ({"reals": Reals(side), "metrics": ("swd",)}, "only features are here"),
    ]
    for changes, words in cases:
        with pytest.raises(MeasureError, match=words) as caught:
            run(replace(plan, **changes))
        assert "\n" not in str(caught.value)


def test_pictures_that_are_no_numbers_are_one_sentence(plan: Plan) -> None:
    class Broken(Means):
        def __call__(self, images: Tensor) -> Tensor:
            return super().__call__(images) * math.nan

    with pytest.raises(MeasureError, match="tiny cannot be measured: some features are not finite"):
        run(replace(plan, features=Broken()))
