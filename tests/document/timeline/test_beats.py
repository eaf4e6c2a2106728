from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentstudio.document.checks import RecipeError
from latentstudio.document.timeline import beats as module
from latentstudio.document.timeline.beats import beats_from_csv, read_beats
from latentstudio.document.timeline.motion import Beat

TIMES = st.floats(0.0, 86_400.0, allow_nan=False)
STRENGTHS = st.floats(0.0, 10.0, allow_nan=False)


def test_by_hand():
    assert beats_from_csv(b"0.5\n1,2\n1.5e0,0.25\n") == (Beat(0.5), Beat(1.0, 2.0), Beat(1.5, 0.25))


def test_what_programs_write():
    expected = (Beat(0.5, 2.0), Beat(1.25))
    for text in (
        b"time,strength\n0.5,2\n1.25,1\n",
        b"\xef\xbb\xbftime;strength\r\n0,5;2\r\n1,25;1\r\n",  # a spreadsheet that says 0,5
        b"0.5\t2\n\n1.25\t\n",
        b'"beat","how strong"\n"1.25","1"\n"0.5","2"\n',
        b"\n  \n1.25\n0.5 , 2\n0.5, 1\n",  # in any order, and twice
    ):
        assert beats_from_csv(text) == expected


@given(st.dictionaries(TIMES.map(lambda t: t + 0.0), STRENGTHS, min_size=1, max_size=40), st.data())
def test_what_csv_wrote_is_read(table, data):
    rows = data.draw(st.permutations(list(table.items())))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=data.draw(st.sampled_from(",;\t")))
    writer.writerow(["time", "strength"])
    writer.writerows((repr(t), repr(s)) for t, s in rows)
    found = beats_from_csv(text.getvalue().encode())
    assert [(b.time, b.strength) for b in found] == sorted(table.items())


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_anything_is_beats_or_one_sentence(data):
    try:
        found = beats_from_csv(data, "x.csv")
    except RecipeError as error:
        assert str(error).startswith("x.csv")
        assert "\n" not in str(error)
    else:
        assert list(found) == sorted(found, key=lambda beat: beat.time)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "x.csv holds no beats"),
        (b"time,strength\n", "x.csv holds no beats"),
        (b"1\n2\nthree\n", "x.csv, line 3: 'three' is not a number"),
        (b"words\nmore words\n1\n", "x.csv, line 2: 'more words' is not a number"),
        (b"1,2,3\n", "x.csv, line 1: it has 3 values"),
        (b"\n1\n-2\n", "x.csv, line 3: beat.time is -2.0; it must lie between 0 and 86400"),
        (b"1,11\n", "x.csv, line 1: beat.strength is 11.0; it must lie between 0 and 10"),
        (b"1\n1e999\n", "x.csv, line 2: beat.time is inf"),
        (b"1\nnan\n", "x.csv, line 2: 'nan' is not a number"),
        (b"1\n1_000\n", "x.csv, line 2: '1_000' is not a number"),
        (b"1\n,2\n", "x.csv, line 2: '' is not a number"),
        (b"\xff\xfe1\x00", "x.csv is not a table of beats: it is not text in UTF-8"),
    ],
)
def test_one_sentence_with_the_line(text, words):
    with pytest.raises(RecipeError) as error:
        beats_from_csv(text, "x.csv")
    assert str(error.value).startswith(words)


def test_too_many(monkeypatch):
    monkeypatch.setattr(module, "MAX_BEATS", 3)
    assert len(beats_from_csv(b"1\n2\n3\n")) == 3
    with pytest.raises(RecipeError, match="line 4: 3 beats are the most"):
        beats_from_csv(b"1\n2\n3\n4\n", "x.csv")


def test_files(tmp_path, monkeypatch):
    path = tmp_path / "song.csv"
    path.write_text("0.5\n", encoding="utf-8")
    assert read_beats(path) == (Beat(0.5),)
    monkeypatch.setattr(module, "MAX_BYTES", 2)
    with pytest.raises(RecipeError, match="not a table of beats"):
        read_beats(path)
    with pytest.raises(RecipeError, match="is not there"):
        read_beats(tmp_path / "no.csv")
