"""Sources become cache folders, whole or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from latentstudio.data.errors import DataError
from latentstudio.data.folder import FolderSource
from latentstudio.data.layout import content_hash
from trainer.data import build as building
from trainer.data import partial, pipeline
from trainer.data.build import build_cache, build_zip, cache_folder
from trainer.data.dataset import ImageDataset, open_dataset
from trainer.data.layout import HEADER_BYTES, npy_header
from trainer.data.prepare import Options

SIXTEEN = Options(resolution=16)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    monkeypatch.setattr(pipeline, "CHUNK", 2)
    monkeypatch.setattr(partial, "CHECKPOINT_SECONDS", 0.0)


def made(source, folder, options=SIXTEEN, **more):
    return build_cache(source, folder, options, progress=False, **more)


def test_cache_holds_the_pictures_in_order(animals, tmp_path):
    folder = made(FolderSource(animals), tmp_path / "c")
    data = ImageDataset(folder, condition="class")
    assert sorted(p.name for p in folder.iterdir()) == ["dataset.json", "images.npy", "labels.npz"]
    assert data.images.shape == (7, 3, 16, 16) and data.class_names == ("cat", "dog")
    size = (16, 16)
    for i, name in enumerate(FolderSource(animals).names):
        expected = Image.open(animals / name).resize(size, Image.Resampling.LANCZOS)
        assert np.array_equal(data.images[i].transpose(1, 2, 0), np.asarray(expected))
    assert data.info["sha256"] == content_hash(np.load(folder / "images.npy"))
    assert data.info["name"] == "animals" and data.info["skipped"] == 0


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=4).map(tuple))
def test_header_is_numpys(shape):
    import io

    raw = npy_header(shape)
    assert len(raw) == HEADER_BYTES
    file = io.BytesIO(raw)
    assert np.lib.format.read_magic(file) == (1, 0)
    assert np.lib.format.read_array_header_1_0(file) == (shape, False, np.dtype(np.uint8))
    assert file.tell() == HEADER_BYTES


def test_damaged_pictures_are_named_and_left_out_with_their_labels(animals, tmp_path):
    (animals / "cat" / "1.png").write_bytes((animals / "cat" / "1.png").read_bytes()[:300])
    (animals / "dog" / "a\x1bb.png").write_text("no picture")
    told = []
    folder = made(FolderSource(animals), tmp_path / "c", report=told.append)
    data = ImageDataset(folder)
    assert data.count == 6 and data.info["skipped"] == 2
    assert data.labels["class"].tolist() == [0, 0, 0, 1, 1, 1]
    assert told[0] == "2 of 8 pictures were left out:"
    assert told[1].startswith("  cat/1.png is damaged") and "dog/a?b.png is not" in told[2]
    whole = np.asarray(Image.open(animals / "cat/2.png").resize((16, 16), Image.Resampling.LANCZOS))
    assert np.array_equal(data.images[1].transpose(1, 2, 0), whole)


def test_one_picture_was_left_out(animals, tmp_path):
    (animals / "cat" / "1.png").write_text("no picture")
    told = []
    made(FolderSource(animals), tmp_path / "c", report=told.append)
    assert told[0] == "1 of 7 pictures was left out:"


def test_nothing_usable_is_said_and_leaves_nothing(tmp_path):
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "a.png").write_text("no picture")
    (folder / "b.jpg").write_text("")
    for make, out in ((made, tmp_path / "c"), (build_zip, tmp_path / "c.zip")):
        with pytest.raises(DataError, match=r"None of the 2 .* a\.png, is not a picture"):
            make(FolderSource(folder), out, SIXTEEN)
        assert [p.name for p in tmp_path.iterdir()] == ["bad"]


def test_pictures_that_do_not_fit_are_one_sentence(animals, tmp_path, draw):
    draw(animals / "cat" / "tiny.png", 30, 12)
    with pytest.raises(DataError, match=r"cat/tiny\.png is 30 × 12 px, too small for 16 px"):
        made(FolderSource(animals), tmp_path / "c")
    assert not (tmp_path / "c").exists()
    square = Options(resolution=8, crop="none")
    with pytest.raises(DataError, match=r"cat/tiny\.png is 30 × 12 px, not square"):
        made(FolderSource(animals), tmp_path / "c", square)
    told = []
    skipping = Options(resolution=16, small="skip")
    folder = made(FolderSource(animals), tmp_path / "c", skipping, report=told.append)
    assert ImageDataset(folder).count == 7 and "too small" in told[1]
    enlarging = Options(resolution=16, small="enlarge")
    assert ImageDataset(made(FolderSource(animals), tmp_path / "d", enlarging)).count == 8


def test_auto_is_grey_only_when_all_are(tmp_path, draw):
    folder = tmp_path / "grey"
    for i in range(3):
        draw(folder / f"{i}.png", channels=1, seed=i)
    assert ImageDataset(made(FolderSource(folder), tmp_path / "a")).channels == 1
    draw(folder / "3.png")
    assert ImageDataset(made(FolderSource(folder), tmp_path / "b")).channels == 3
    rgba = Options(resolution=16, channels="rgba")
    assert ImageDataset(made(FolderSource(folder), tmp_path / "d", rgba)).channels == 4


def test_limit_chooses_by_seed_in_order(animals, tmp_path):
    whole = np.load(made(FolderSource(animals), tmp_path / "w") / "images.npy")
    chosen = np.sort(np.random.RandomState(5).permutation(7)[:3])
    folder = made(FolderSource(animals), tmp_path / "l", limit=3, seed=5)
    assert np.array_equal(np.load(folder / "images.npy"), whole[chosen])
    labels = np.array([0, 0, 0, 0, 1, 1, 1])[chosen]
    assert np.array_equal(ImageDataset(folder).labels["class"], labels)


@pytest.mark.parametrize("after", range(5))
def test_stopped_run_goes_on_and_gives_the_same_bytes(animals, tmp_path, monkeypatch, after):
    (animals / "cat" / "2.png").write_text("damaged")
    whole = made(FolderSource(animals), tmp_path / "whole")
    append, calls = partial.PartialCache.append, []

    def dies(self, rows):
        if len(calls) == after:
            raise KeyboardInterrupt
        calls.append(rows)
        append(self, rows)

    monkeypatch.setattr(partial.PartialCache, "append", dies)
    folder = tmp_path / "c"
    if after < 4:
        with pytest.raises(KeyboardInterrupt):
            made(FolderSource(animals), folder)
        with pytest.raises(DataError, match="still being rendered or prepared"):
            ImageDataset(folder)
        # What a kill may leave behind: pixels and half a line that nobody vouches for.
        with (folder / "images.part").open("ab") as pixels:
            pixels.write(b"xyz")
        with (folder / "done.jsonl").open("a") as log:
            log.write('{"stop": 6, "ke')
    monkeypatch.setattr(partial.PartialCache, "append", append)
    read = []
    picture = FolderSource.picture

    def counted(self, index):
        read.append(index)
        return picture(self, index)

    monkeypatch.setattr(FolderSource, "picture", counted)
    made(FolderSource(animals), folder)
    assert read == list(range(2 * after if after < 4 else 0, 7))
    for name in ("images.npy", "labels.npz", "dataset.json"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.parametrize("step", ["write_labels", "content_hash", "write_json", "open_images"])
def test_stop_while_finishing_is_mended(animals, tmp_path, monkeypatch, step):
    def dies(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(partial, step, dies)
        with pytest.raises(KeyboardInterrupt):
            made(FolderSource(animals), tmp_path / "c")
    with pytest.raises(DataError, match="still being"):
        ImageDataset(tmp_path / "c")
    made(FolderSource(animals), tmp_path / "c")
    whole = made(FolderSource(animals), tmp_path / "whole")
    for name in ("images.npy", "labels.npz", "dataset.json"):
        assert (tmp_path / "c" / name).read_bytes() == (whole / name).read_bytes()


def test_lost_pixels_are_made_again(animals, tmp_path):
    """A power cut may keep the log and take the pixels."""
    folder = tmp_path / "c"
    folder.mkdir()
    head = {"name": "animals", "channels": "rgb"}
    source = FolderSource(animals)
    head["fingerprint"] = building._fingerprint(source, SIXTEEN, 0, 0)
    (folder / "progress.json").write_text(json.dumps(head))
    (folder / "done.jsonl").write_text('{"stop": 4, "kept": 4, "skipped": []}\n')
    made(source, folder)
    whole = made(source, tmp_path / "whole")
    assert (folder / "images.npy").read_bytes() == (whole / "images.npy").read_bytes()


def test_killed_process_leaves_no_whole_cache(animals, tmp_path):
    """kill -9 in the middle: refused as unfinished, then finished by the next run."""
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from latentstudio.data import folder\n"
        "from trainer.data import build, partial, pipeline, prepare\n"
        "pipeline.CHUNK = 2; partial.CHECKPOINT_SECONDS = 0.0\n"
        "append = partial.PartialCache.append\n"
        "def slow(self, rows):\n"
        "    append(self, rows); print(rows.stop, flush=True); time.sleep(60)\n"
        "partial.PartialCache.append = slow\n"
        "build.build_cache(folder.FolderSource(Path(sys.argv[1])), Path(sys.argv[2]),\n"
        "    prepare.Options(resolution=16), progress=False)\n"
    )
    command = [sys.executable, "-c", code, str(animals), str(tmp_path / "c")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == b"2\n"
            os.kill(process.pid, signal.SIGKILL)
        finally:
            process.kill()
    with pytest.raises(DataError, match="still being"):
        ImageDataset(tmp_path / "c")
    assert ImageDataset(made(FolderSource(animals), tmp_path / "c")).count == 7


def test_foreign_folders_are_refused_and_left_alone(animals, tmp_path):
    made(FolderSource(animals), tmp_path / "c")
    with pytest.raises(DataError, match="holds something else"):
        made(FolderSource(animals), tmp_path / "c", Options(resolution=8))
    own = tmp_path / "own"
    own.mkdir()
    (own / "thesis.txt").write_text("mine")
    with pytest.raises(DataError, match="holds something else"):
        made(FolderSource(animals), own)
    assert [p.name for p in own.iterdir()] == ["thesis.txt"]
    with pytest.raises(DataError, match="is a file"):
        made(FolderSource(animals), own / "thesis.txt")


def test_full_disk_is_one_sentence(animals, tmp_path, monkeypatch):
    def full(self):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(partial.PartialCache, "save", full)
    with pytest.raises(DataError, match="cannot be written: No space left on device"):
        made(FolderSource(animals), tmp_path / "c")
    with pytest.raises(DataError, match="still being"):
        ImageDataset(tmp_path / "c")


def test_processes_give_the_same_bytes(animals, tmp_path):
    (animals / "cat" / "2.png").write_text("damaged")
    one = made(FolderSource(animals), tmp_path / "one")
    two = made(FolderSource(animals), tmp_path / "two", processes=2)
    for name in ("images.npy", "labels.npz", "dataset.json"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_training_opens_a_folder_of_pictures(animals, tmp_path, monkeypatch):
    root = tmp_path / "root"
    data = open_dataset(str(animals), 16, root, seed=1, condition="class")
    assert data.num_classes == 2 and data.resolution == 16
    assert data.folder == cache_folder(FolderSource(animals), root, SIXTEEN)
    assert data.folder.name.startswith("animals-16-") and data.folder.parent == root
    monkeypatch.setattr(FolderSource, "picture", None)  # not read again
    assert open_dataset(str(animals), 16, root).folder == data.folder
    assert open_dataset(str(data.folder), 16, root).count == 7


def test_second_process_waits_for_the_first(tmp_path):
    """Ranks of one training open the same data at once."""
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from trainer.data.lock import only_one\n"
        "folder = Path(sys.argv[1])\n"
        "with only_one(folder):\n"
        "    print('in', flush=True)\n"
        "    sys.stdin.readline()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as first, subprocess.Popen(command, **pipes) as second:
        try:
            inside, outside = None, None
            start = time.monotonic()
            while outside is None and time.monotonic() < start + 60:
                for one, other in ((first, second), (second, first)):
                    os.set_blocking(one.stdout.fileno(), False)
                    if one.stdout.read(2) == b"in":
                        inside, outside = one, other
                time.sleep(0.02)
            assert inside is not None and b"Waiting" in outside.stderr.readline()
            assert not outside.stdout.read(2)
            inside.communicate(b"\n", timeout=30)
            os.set_blocking(outside.stdout.fileno(), True)
            assert outside.stdout.read(2) == b"in"
            outside.communicate(b"\n", timeout=30)
        finally:
            first.kill()
            second.kill()
    assert not list(tmp_path.iterdir())
