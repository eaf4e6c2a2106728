"""The bundle: shares of time, order, resumption, and what is taken home."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import latentstudio
from latentstudio.generators.growth import finished
from trainer import bundle, bundle_plan
from trainer.bundle import Bundle
from trainer.bundle_jobs import JOBS, Job
from trainer.bundle_plan import STEPS, budgets, fitted
from trainer.config import RunConfig
from trainer.data import portraits
from trainer.networks import build_generator
from trainer.options import new_config
from trainer.plan import lengths
from trainer.state import Snapshots

Small = Callable[..., RunConfig]
_TINY = {"width": 8, "latent": 8, "batch": 8, "features": "none", "grid_size": 4}
_TINY |= {"stats_kimg": 0.016, "bf16": "off"}
TABLE = (
    Job("large", "small", 16, 2.0, {**_TINY, "channel_base": 64}),
    Job("hats", "small", 8, 1.0, {**_TINY, "channel_base": 64, "condition": "hat"}),
    Job("grown", "progan", 16, 1.0, {**_TINY, "gp": 0.0, "grow_from": 8}),
    Job("never", "dcgan", 16, 0.5, {}, least=60.0),
)


class Clock:
    """Time that passes only while it is read: one second each."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 1.0
        return self.now


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Cheap pictures, a second a step; the runs that are trained, and whether they go on."""
    calls: list[tuple[str, bool]] = []
    train = bundle.train

    def watched(config: RunConfig, out: Path, *, resume: bool, **rest: Any) -> Any:
        calls.append((out.name, resume))
        return train(config, out, resume=resume, **rest)

    def draw(numbers: Iterable[int], size: int, *, seed: int = 0, device: str = "cpu") -> Any:
        if device != "cpu":
            raise RuntimeError("no such device")
        numbers = list(numbers)
        generator = torch.Generator().manual_seed(seed)
        shape = (len(numbers), 3, size, size)
        images = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
        return images, portraits.sample_factors(numbers, seed)

    monkeypatch.setattr(portraits, "portraits", draw)
    monkeypatch.setattr(bundle, "train", watched)
    monkeypatch.setattr(bundle, "RENDERED", 16)
    monkeypatch.setattr("trainer.export.STATISTICS_SAMPLES", 16)
    monkeypatch.setattr(bundle, "time", Clock())
    # Eight pictures a second.
    monkeypatch.setattr(
        bundle_plan, "_seconds_per_kimg", lambda config, sizes: dict.fromkeys(sizes, 125.0)
    )
    return calls


def make(out: Path, seconds: float = 48.0, jobs: Iterable[Job] = TABLE, **options: Any) -> Bundle:
    given = {"count": 12, "every": 6.0, "report": lambda sentence: None} | options
    return Bundle(out, seconds, list(jobs), **given)


def records(home: Path) -> tuple[dict[str, Any], set[str]]:
    with zipfile.ZipFile(home / "records.zip") as file:
        return json.loads(file.read("stats.json")), set(file.namelist())


def test_time_is_shared_out_by_hand() -> None:
    jobs = [("a", 2.0, 0.0), ("b", 1.0, 0.0), ("c", 1.0, 30.0)]
    assert budgets(jobs, 120.0) == {"a": 60.0, "b": 30.0, "c": 30.0}
    # c would get 25 s: the others share what it leaves.
    assert budgets(jobs, 100.0) == pytest.approx({"a": 200 / 3, "b": 100 / 3})
    assert budgets(jobs, -1.0) == {}


@given(
    st.lists(st.tuples(st.floats(0.1, 10.0), st.floats(0.0, 50.0)), max_size=6),
    st.floats(0.0, 200.0),
)
def test_no_second_is_lost_or_spent_twice(jobs: list[tuple[float, float]], seconds: float) -> None:
    named = [(str(i), share, least) for i, (share, least) in enumerate(jobs)]
    parts = budgets(named, seconds)
    assert not parts or sum(parts.values()) == pytest.approx(seconds)
    assert all(parts[name] >= least for name, _, least in named if name in parts)


def test_run_fills_its_budget(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    costs = {4: 1.0, 8: 3.0, 16: 10.0}
    monkeypatch.setattr(bundle_plan, "_seconds_per_kimg", lambda config, sizes: costs)
    assert fitted(small(), 200.0).kimg == pytest.approx(STEPS * 20)
    grown = fitted(small("progan", grow_from=4), 200.0)
    spans = {size: kimg * costs[size] for size, kimg in lengths(grown)}
    assert sum(spans.values()) == pytest.approx(STEPS * 200)
    assert spans[16] == pytest.approx((1 - bundle_plan.SMALL) * STEPS * 200)


def test_costs_are_measured_at_each_resolution(small: Small) -> None:
    costs = bundle_plan._seconds_per_kimg(small("progan", grow_from=8, batch=2), [8, 16])
    assert list(costs) == [8, 16]
    assert all(0 < seconds < 1000 for seconds in costs.values())


def test_models_are_made_in_order_and_come_home(
    tmp_path: Path, trained: list[tuple[str, bool]]
) -> None:
    said: list[str] = []
    made = make(tmp_path, report=said.append)
    assert made.make()
    names = ["large", "hats", "grown"]
    assert list(dict.fromkeys(name for name, _ in trained)) == names
    assert [resume for name, resume in trained if name == "large"][:2] == [False, True]
    assert "never: left out, too little time." in said
    # Each ended by its share, give or take a stretch's own seconds, and filled most of it.
    for name in names:
        own = made.progress[name]
        assert own.done and 0.5 * own.budget < own.spent < own.budget + 15
    assert made.progress["large"].budget == pytest.approx(2 * made.progress["hats"].budget, rel=0.3)

    home = tmp_path / "home"
    assert {path.name for path in home.iterdir()} == {
        *(f"{name}.safetensors" for name in names),
        "records.zip",
    }
    found, files = records(home)
    assert files == {"large.png", "hats.png", "grown.png", "stats.json"}
    for name in names:
        generator = latentstudio.load(home / f"{name}.safetensors")
        assert generator.resolution == (8 if name == "hats" else 16)
        lines = found["runs"][name]["stats"]
        assert lines and lines[-1]["images"] <= found["progress"][name]["images"]
    assert latentstudio.load(home / "hats.safetensors").num_classes == 3
    # Rendered once; the small ones are averaged from the large ones.
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["portraits16"]
    # The length follows the speed, so that the rates have fallen when the time is up.
    assert found["runs"]["large"]["stats"][-1]["rate"] < 0.5


def test_kill_between_jobs_and_within_one(
    tmp_path: Path, trained: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    train = bundle.train

    def dies(config: RunConfig, out: Path, **rest: Any) -> Any:
        if out.name == "hats":
            raise KeyboardInterrupt
        return train(config, out, **rest)

    monkeypatch.setattr(bundle, "train", dies)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, 90.0).make()
    first = (tmp_path / "home" / "large.safetensors").read_bytes()
    trained.clear()

    # The second job dies after its first stretch, as if the power had failed.
    export = bundle.export_run

    def powerless(run: Path, out: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(bundle, "train", train)
    monkeypatch.setattr(bundle, "export_run", powerless)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, 90.0).make()
    assert trained == [("hats", False)]
    seen = Snapshots(tmp_path / "hats" / "snapshots").load()[1].images
    monkeypatch.setattr(bundle, "export_run", export)
    trained.clear()

    again = make(tmp_path, 90.0)
    budget = again.progress["hats"].budget
    assert again.make()
    assert trained[0] == ("hats", True) and {name for name, _ in trained} == {"hats", "grown"}
    assert again.progress["hats"].budget == budget
    assert again.progress["hats"].images > seen
    assert (tmp_path / "home" / "large.safetensors").read_bytes() == first
    spent = sum(own.spent for own in again.progress.values())
    assert spent < 90 + 30


def test_session_ends_and_the_next_one_goes_on(
    tmp_path: Path, trained: list[tuple[str, bool]]
) -> None:
    assert not make(tmp_path, session=12.0).make()
    assert (tmp_path / "home" / "large.safetensors").exists()
    assert {name for name, _ in trained} == {"large"}
    assert make(tmp_path).make()
    assert all(own.done for name, own in make(tmp_path).progress.items() if own.budget)


def test_larger_model_begins_with_the_smaller(
    tmp_path: Path, trained: list[tuple[str, bool]]
) -> None:
    given = {**_TINY, "channel_base": 128}
    jobs = [
        Job("half", "small", 8, 1.0, given),
        Job("whole", "small", 16, 1.0, given, "half"),
        Job("lone", "small", 16, 1.0, given, "lost"),
    ]
    said: list[str] = []
    assert make(tmp_path, jobs=jobs, report=said.append).make()
    config = Snapshots(tmp_path / "whole" / "snapshots").load()[1].config
    half = Snapshots(tmp_path / "half" / "snapshots").load()[1]
    # Still known after the stretches that followed.
    assert (config.start, config.start_images) == ("half", half.images)
    assert [sentence for sentence in said if "begin with" in sentence] == [
        "lone: there is no lost to begin with."
    ]


def test_device_that_cannot_render_leaves_it_to_the_processor(
    tmp_path: Path, trained: list[tuple[str, bool]]
) -> None:
    said: list[str] = []
    folder = make(tmp_path, report=said.append, device="cuda").render(16)
    assert (folder / "dataset.json").exists()
    assert said == ["Rendering on the CPU, since on cuda: no such device"]


def test_begun_folder_needs_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bundle.json").write_text("{}")
    arguments = ["bundle", "--out", str(tmp_path), "--minutes", "1", "--device", "cpu"]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit, match="2"):
        bundle.main()


def test_torn_statistics_do_not_stop_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "run.json").write_text("{}")
    (tmp_path / "a" / "stats.jsonl").write_text('{"images": 1}\n{"ima')
    bundle_plan.write_records(tmp_path / "records.zip", tmp_path, ["a", "b"], {})
    assert records(tmp_path)[0]["runs"] == {"a": {"config": {}, "stats": [], "metrics": []}}


def config_of(job: Job) -> RunConfig:
    given = {"preset": job.preset, "data": "x", "resolution": job.resolution, "kimg": 1.0}
    return new_config(given | job.changes)


def test_shipped_table_is_small_enough_to_take_home() -> None:
    sizes = []
    for job in JOBS:
        classes = 8 if job.changes.get("condition") else 0
        with torch.device("meta"):
            generator = finished(build_generator(config_of(job), 3, classes))
        sizes.append(2 * sum(value.numel() for value in generator.state_dict().values()))
    assert max(sizes) < bundle.LIMIT - 2**16
    # Eight files at once, 64 MiB together, with a zip of sheets of at most 4 MiB.
    assert len(JOBS) + 1 <= 8 and sum(sizes) < 60 * 2**20


def test_shipped_table_is_in_order() -> None:
    made = [(job.preset, job.resolution) for job in JOBS]
    stylegan2 = [("small", 128), ("small", 64), ("small", 64)]
    others = [("progan", 64), ("stylegan", 64), ("dcgan", 64)]
    assert made == [*stylegan2, *others, ("small", 256)]
    by_name = {job.name: config_of(job) for job in JOBS}
    assert len(by_name) == len(JOBS)
    for job in JOBS:
        if job.start:
            own, other = by_name[job.name].preset, by_name[job.start].preset
            assert own.generator_args == other.generator_args
            assert own.discriminator_args == other.discriminator_args
