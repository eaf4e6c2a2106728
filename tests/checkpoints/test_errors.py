from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from latentstudio.checkpoints.errors import first_line


@given(st.text(max_size=500))
def test_what_an_error_says_becomes_one_printable_line(text: str) -> None:
    line = first_line(ValueError(text))
    assert line.isprintable() and len(line) <= 200
    known = text.splitlines()[0] if text else "ValueError"
    if known.isprintable():
        assert line == known[:200]
