"""Pictures in an order that only a counter decides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from latentstudio.data.errors import DataError
from trainer.data.dataset import ImageDataset, open_dataset


def test_bytes_become_minus_one_to_one(tmp_path: Path) -> None:
    images = np.zeros((2, 3, 8, 8), np.uint8)
    images[1] = 255
    np.save(tmp_path / "images.npy", images)
    batch = ImageDataset(tmp_path).batch(0, 2)
    assert batch.dtype == torch.float32
    assert sorted(batch.mean(dim=(1, 2, 3)).tolist()) == [-1.0, 1.0]


def test_every_pass_holds_every_picture_once(pictures: Path) -> None:
    data = ImageDataset(pictures, seed=1)
    first, _ = data.indices(0, data.count)
    second, _ = data.indices(data.count, data.count)
    assert sorted(first) == sorted(second) == list(range(data.count))
    assert not np.array_equal(first, second)


def test_order_depends_on_the_position_alone(pictures: Path) -> None:
    whole = ImageDataset(pictures, seed=1).indices(0, 90)
    data = ImageDataset(pictures, seed=1)
    for start, n in ((70, 20), (33, 17), (0, 33)):  # across passes, backwards
        index, mirrored = data.indices(start, n)
        assert np.array_equal(index, whole[0][start : start + n])
        assert np.array_equal(mirrored, whole[1][start : start + n])


def test_seeds_differ(pictures: Path) -> None:
    a, b = (ImageDataset(pictures, seed=seed).indices(0, 40)[0] for seed in (1, 2))
    assert not np.array_equal(a, b)


def test_half_of_the_pictures_are_mirrored(pictures: Path) -> None:
    data = ImageDataset(pictures, flips=True)
    index, mirrored = data.indices(0, 40)
    assert 10 <= mirrored.sum() <= 30
    batch = data.batch(0, 40)
    for row, (i, flipped) in enumerate(zip(index, mirrored, strict=True)):
        original = data.images[i][:, :, ::-1] if flipped else data.images[i]
        expected = torch.from_numpy(np.array(original)).float() / 127.5 - 1
        torch.testing.assert_close(batch[row], expected)


def test_without_flips_none_is_mirrored(pictures: Path) -> None:
    assert not ImageDataset(pictures, flips=False).indices(0, 40)[1].any()


def test_info_is_read(pictures: Path) -> None:
    assert ImageDataset(pictures).info["sha256"] == "ab12"


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 3, 8, 8), np.float32), "not uint8"),
        (np.zeros((2, 3, 8, 9), np.uint8), "not uint8"),
        (np.zeros((0, 3, 8, 8), np.uint8), "not uint8"),
        (np.array([{"a": 1}], dtype=object), "cannot be read"),
    ],
)
def test_wrong_arrays_are_refused(tmp_path: Path, array: object, message: str) -> None:
    np.save(tmp_path / "images.npy", array)
    with pytest.raises(DataError, match=message):
        ImageDataset(tmp_path)


def test_missing_things_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no data folder"):
        ImageDataset(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"holds no images\.npy"):
        ImageDataset(tmp_path)
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read"):
        ImageDataset(tmp_path)


def test_unfinished_rendering_is_refused(pictures: Path) -> None:
    (pictures / "dataset.json").rename(pictures / "progress.json")
    with pytest.raises(DataError, match="still being rendered"):
        ImageDataset(pictures)


def test_portraits_are_rendered_on_first_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def build(folder: Path, count: int, resolution: int, *, processes: int) -> Path:
        calls.append((folder, count, resolution))
        assert processes >= 1
        folder.mkdir(exist_ok=True)
        np.save(folder / "images.npy", np.zeros((3, 3, resolution, resolution), np.uint8))
        return folder

    monkeypatch.setattr("trainer.data.cache.build", build)
    assert open_dataset("portraits", 8, tmp_path).count == 3
    assert calls == [(tmp_path / "portraits8", 24_000, 8)]


@pytest.mark.parametrize(
    "error", [ValueError("x holds another data set."), OSError(28, "No space left on device")]
)
def test_failure_to_render_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def build(*_: object, **__: object) -> Path:
        raise error

    monkeypatch.setattr("trainer.data.cache.build", build)
    with pytest.raises(DataError, match=r"another data set|No space left") as caught:
        open_dataset("portraits", 8, tmp_path)
    assert "\n" not in str(caught.value)


def test_other_resolution_is_refused(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="are 16 px, but 32 px"):
        open_dataset(str(pictures), 32, tmp_path)


def test_larger_pictures_are_averaged_down_when_asked(pictures: Path, tmp_path: Path) -> None:
    small = open_dataset(str(pictures), 4, tmp_path, seed=1, shrink=True)
    large = ImageDataset(pictures, seed=1)
    expected = torch.nn.functional.avg_pool2d(large.batch(3, 5), 4)
    torch.testing.assert_close(small.batch(3, 5), expected)
    with pytest.raises(DataError, match="pass --resolution 16"):
        open_dataset(str(pictures), 32, tmp_path, shrink=True)


ATTRIBUTES: list[dict[str, Any]] = [
    {"name": "turn", "kind": "continuous", "low": -1, "high": 1, "flip": "negate"},
    {"name": "side", "kind": "binary", "values": ["left", "right"], "flip": "drop"},
    {"name": "place", "kind": "continuous", "flip": "drop"},
    {"name": "colour", "kind": "categorical", "values": ["red", "green", "blue"]},
]


def label(folder: Path, attributes: object = ATTRIBUTES, **changes: object) -> dict[str, Any]:
    """Give a folder of 40 pictures labels."""
    random = np.random.RandomState(4)
    values: dict[str, Any] = {
        "turn": random.uniform(-1, 1, 40).astype(np.float32),
        "side": random.randint(0, 2, 40),
        "place": random.uniform(0, 1, 40).astype(np.float32),
        "colour": random.randint(0, 3, 40),
    } | changes
    np.savez(folder / "labels.npz", **values)
    (folder / "dataset.json").write_text(json.dumps({"name": "x", "attributes": attributes}))
    return values


def test_unlabelled_folder_has_no_attributes(pictures: Path) -> None:
    data = ImageDataset(pictures)
    assert data.attributes == () and data.labels == {} and data.targets(0, 3) == {}
    assert data.classes(0, 3) is None and data.num_classes == 0 and data.class_names == ()


def test_targets_belong_to_the_pictures_of_the_batch(pictures: Path) -> None:
    values = label(pictures)
    data = ImageDataset(pictures, seed=5)
    targets = data.targets(33, 20)  # across the end of a pass
    index, flipped = data.indices(33, 20)
    assert 0 < flipped.sum() < 20
    assert [t.dtype for t in targets.values()] == [
        torch.float32,
        torch.int64,
        torch.float32,
        torch.int64,
    ]
    for row, (i, mirror) in enumerate(zip(index, flipped, strict=True)):
        assert targets["turn"][row] == (-values["turn"][i] if mirror else values["turn"][i])
        assert targets["side"][row] == (-1 if mirror else values["side"][i])
        assert bool(targets["place"][row].isnan()) == mirror
        assert targets["colour"][row] == values["colour"][i]


def test_condition_gives_classes(pictures: Path) -> None:
    values = label(pictures)
    data = open_dataset(str(pictures), 16, pictures, seed=5, condition="colour")
    assert data.num_classes == 3 and data.class_names == ("red", "green", "blue")
    classes = data.classes(33, 20)
    assert classes is not None and classes.dtype == torch.int64
    assert np.array_equal(classes.numpy(), values["colour"][data.indices(33, 20)[0]])
    small = open_dataset(str(pictures), 8, pictures, shrink=True, condition="colour")
    assert small.num_classes == 3 and small.resolution == 8


def test_labels_change_no_batch(pictures: Path) -> None:
    plain = ImageDataset(pictures, seed=3)
    before = plain.batch(17, 40)
    label(pictures)
    data = ImageDataset(pictures, seed=3, condition="colour")
    data.targets(70, 3)
    assert torch.equal(data.batch(17, 40), before)


@pytest.mark.parametrize(
    ("condition", "flips", "message"),
    [
        ("hat", True, "no classes named 'hat': choose one of side, colour"),
        ("turn", True, "choose one of side, colour"),
        ("side", True, "--no-flips"),
    ],
)
def test_unusable_conditions_are_refused(
    pictures: Path, condition: str, flips: bool, message: str
) -> None:
    label(pictures)
    with pytest.raises(DataError, match=message):
        ImageDataset(pictures, flips=flips, condition=condition)
    assert ImageDataset(pictures, flips=False, condition="side").num_classes == 2


def test_condition_without_labels_is_refused(pictures: Path) -> None:
    with pytest.raises(DataError, match="no classes at all"):
        ImageDataset(pictures, condition="class")


@pytest.mark.parametrize(
    ("attributes", "changes", "message"),
    [
        (ATTRIBUTES, {"turn": np.zeros(39, np.float32)}, "does not hold 40 labels of .*'turn'"),
        (ATTRIBUTES, {"colour": np.full(40, 3)}, "'colour' has labels beyond"),
        (ATTRIBUTES, {"colour": np.full(40, -1)}, "'colour' has labels beyond"),
        (ATTRIBUTES, {"colour": np.zeros(40)}, "does not hold 40 labels"),
        (ATTRIBUTES, {"turn": np.full(40, np.nan)}, "are no numbers"),
        (ATTRIBUTES, {"turn": np.array([{}] * 40)}, "cannot be read"),
        ([*ATTRIBUTES, ATTRIBUTES[0]], {}, "names an attribute twice"),
        ([{"name": "a", "kind": "binary", "values": ["x"]}], {}, "wrong number of values"),
        ([{"name": "a", "kind": "continuous", "low": 1, "high": 1}], {}, "no range"),
        ([{"name": "a", "kind": "categorical", "values": ["x"], "flip": "negate"}], {}, "negative"),
        ([{"name": "a", "kind": "strange"}], {}, "malformed"),
        ({"a": 1}, {}, "malformed"),
    ],
)
def test_labels_that_do_not_fit_are_refused(
    pictures: Path, attributes: object, changes: dict[str, Any], message: str
) -> None:
    label(pictures, attributes, **changes)
    with pytest.raises(DataError, match=message) as caught:
        ImageDataset(pictures)
    assert "\n" not in str(caught.value)


def test_announced_labels_must_be_there(pictures: Path) -> None:
    label(pictures)
    (pictures / "labels.npz").unlink()
    with pytest.raises(DataError, match=r"no labels\.npz"):
        ImageDataset(pictures)
    (pictures / "labels.npz").write_bytes(b"PK\3\4 nonsense")
    with pytest.raises(DataError, match="cannot be read"):
        ImageDataset(pictures)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1), st.integers(0, 500), st.lists(st.integers(1, 60), max_size=6))
def test_indices_are_a_pure_function_of_seed_and_position(
    pictures: Path, seed: int, position: int, parts: list[int]
) -> None:
    whole = ImageDataset(pictures, seed=seed).indices(position, sum(parts) + 1)
    data = ImageDataset(pictures, seed=seed)
    data.indices(seed % 97, 5)  # whatever was asked for before
    pieces = []
    for n in [*parts, 1]:
        pieces.append(data.indices(position, n))
        position += n
    for k in (0, 1):
        assert np.array_equal(np.concatenate([p[k] for p in pieces]), whole[k])


def test_streams_of_earlier_versions_are_kept(pictures: Path) -> None:
    """A run that resumes must see the pictures that it would have seen."""
    index, flipped = ImageDataset(pictures, seed=7).indices(38, 4)
    first, second = (np.random.RandomState([7, epoch]) for epoch in (0, 1))
    orders = [random.permutation(40) for random in (first, second)]
    flips = [random.random_sample(40) < 0.5 for random in (first, second)]
    assert index.tolist() == [*orders[0][38:], *orders[1][:2]]
    assert flipped.tolist() == [*flips[0][38:], *flips[1][:2]]
