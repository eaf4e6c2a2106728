from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from latentstudio.document.sampling import Sampling
from latentstudio.ui.numbers.history import FAMILIES, KEPT, PINNED, History
from tests.ui.fake_live import curve, quality

AT = Sampling(checkpoint="ab" * 32)
START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "deep" / "measurements.json"


def open_history(file):
    ticks = iter(range(10_000))
    return History(file, now=lambda: START + timedelta(seconds=next(ticks)))


def test_what_is_kept_is_there_after_a_restart(file):
    history = open_history(file)
    assert history.keep(quality(AT), "small", "portraits", "auto")
    history.remember(curve(AT).qualities)
    history.pin(history.entries[0])
    history.annotate(history.entries[0], " for the talk ")
    again = History(file)
    assert again.entries == history.entries
    (entry,) = again.entries
    assert (entry.name, entry.note, entry.pinned) == ("small", "for the talk", True)
    assert entry.when == START
    assert len(entry.curve) == 21
    assert entry.quality.sampling == AT


def test_a_setting_has_one_line_until_it_is_pinned(file):
    history = open_history(file)
    assert history.keep(quality(AT), "small")
    assert not history.keep(quality(AT), "small"), "the same numbers are no news"
    assert history.keep(quality(AT, better=1.0), "small")
    assert len(history.entries) == 1
    history.pin(history.entries[0])
    assert history.keep(quality(AT, better=2.0), "small")
    assert [e.pinned for e in history.entries] == [False, True]
    assert history.keep(quality(AT.with_psi(0.5)), "small")
    assert history.keep(quality(AT, n=500), "small")
    assert len(history.entries) == 4


def test_only_what_is_not_pinned_goes_in_the_end(file):
    history = History()
    history.keep(quality(AT.with_psi(-1.0)), "first")
    history.pin(history.entries[0])
    for step in range(KEPT + 5):
        history.keep(quality(AT.with_psi(step / 1000)), "")
    assert len(history.entries) == KEPT + 1
    assert history.entries[-1].name == "first"
    for entry in [e for e in history.entries if not e.pinned][: PINNED + 5]:
        history.pin(entry)
    assert sum(e.pinned for e in history.entries) == PINNED


def test_a_pin_takes_the_curve_of_its_own_settings():
    history = History()
    other = msgspec.structs.replace(AT, seed=7)
    history.remember(curve(AT).qualities)
    history.keep(quality(AT.with_psi(0.5)), "")
    history.keep(quality(other), "")
    theirs, ours = history.entries
    history.pin(ours)
    history.pin(theirs)
    theirs, ours = history.entries
    assert ours.curve[0].sampling == AT.with_psi(0.0)
    assert theirs.curve == ()
    for seed in range(FAMILIES):
        history.remember(curve(msgspec.structs.replace(AT, seed=100 + seed)).qualities)
    history.pin(ours, False)
    (_, ours) = history.entries
    assert ours.curve == ()
    history.pin(ours)
    assert history.entries[1].curve == (), "the curve was forgotten meanwhile"


def test_remove(file):
    history = open_history(file)
    history.keep(quality(AT), "a")
    history.keep(quality(AT.with_psi(0.5)), "b")
    history.remove(history.entries[0])
    assert [e.name for e in History(file).entries] == ["a"]


@pytest.mark.parametrize("text", ["", "[{]", '{"a": 1}', '[{"quality": 3}]', "[" * 5000])
def test_a_damaged_file_is_put_aside(file, text):
    file.parent.mkdir()
    file.write_text(text)
    history = History(file)
    assert history.entries == ()
    assert file.with_name("measurements.json.damaged").read_text() == text
    history.keep(quality(AT), "")
    assert len(json.loads(file.read_text())) == 1


def test_a_folder_that_cannot_be_written_leaves_it_in_memory(tmp_path):
    (tmp_path / "file").write_text("no folder")
    history = History(tmp_path / "file" / "measurements.json")
    history.keep(quality(AT), "")
    assert len(history.entries) == 1
