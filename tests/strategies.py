"""Hypothesis strategies for arbitrary valid recipes, documents and pictures."""

import io
import struct
import zlib

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from latentstudio.document.course import Course
from latentstudio.document.document import Kept, State
from latentstudio.document.morph import Morph
from latentstudio.document.recipe import (
    POINT_NAMES,
    Axis,
    Bend,
    Between,
    Blend,
    Cell,
    Edit,
    Mixing,
    Move,
    Noise,
    Point,
    Recipe,
    Seed,
    Stop,
    Transform,
    Truncation,
    Weight,
)
from latentstudio.document.vector import Vector

seeds = st.integers(0, 2**32 - 1)
names = st.sampled_from(POINT_NAMES)
hashes = st.just("") | st.binary(min_size=32, max_size=32).map(bytes.hex)


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


floats32 = st.floats(width=32, allow_nan=False, allow_infinity=False)


@st.composite
def vectors(draw: st.DrawFn) -> Vector:
    """Any bit patterns that are finite numbers: subnormals and -0.0 among them."""
    columns = draw(st.integers(1, 4))
    rows = draw(st.integers(0, 3))
    raw = draw(st.binary(min_size=4 * columns * max(rows, 1), max_size=4 * columns * max(rows, 1)))
    values = np.frombuffer(raw, "<f4")
    values = np.where(np.isfinite(values), values, np.float32(1)).astype(np.float32)
    if rows:
        return Vector.of("w+", values.reshape(rows, columns))
    return Vector.of(draw(st.sampled_from(["z", "w"])), values)


axes = st.builds(Axis, st.sampled_from(["random", "coordinate", "principal", "toward"]), seeds)
moves = st.lists(
    st.builds(Move, axes, numbers(-100, 100)), max_size=3, unique_by=lambda move: move.axis
).map(tuple)


paces = st.lists(numbers(0, 1), max_size=4).map(lambda inner: (0.0, *sorted(inner), 1.0))
courses = st.builds(Course, st.sampled_from(["slerp z", "lerp z", "lerp w"]), st.just(()) | paces)
stops = st.builds(Stop, st.builds(Seed, seeds) | vectors(), moves)
between = st.builds(Between, stops, stops, numbers(-1, 2), courses)


def points(name: str) -> st.SearchStrategy[Point]:
    plain = st.builds(Point, st.just(name), st.builds(Seed, seeds))
    bases = st.builds(Seed, seeds) | vectors() | between
    return plain | st.builds(Point, st.just(name), bases, moves)


blends = st.builds(
    Blend,
    st.lists(
        st.builds(Weight, names, numbers(0, 1e6)),
        min_size=1,
        max_size=4,
        unique_by=lambda weight: weight.point,
    )
    .filter(lambda weights: sum(weight.amount for weight in weights) > 0)
    .map(tuple),
    st.sampled_from(["z", "w"]),
)
truncations = st.builds(Truncation, numbers(-10, 10), st.none() | st.integers(0, 1024))
name_sets = st.sets(names).map(lambda chosen: tuple(sorted(chosen)))
mixings = st.builds(
    Mixing,
    st.dictionaries(st.tuples(st.integers(0, 1023), names), numbers(0, 1), max_size=6).map(
        lambda cells: tuple(Cell(layer, p, s) for (layer, p), s in sorted(cells.items()))
    ),
    name_sets,
    name_sets,
)
noises = st.builds(
    Noise,
    st.sampled_from(["const", "none", "random"]),
    seeds,
    numbers(0, 100),
    st.lists(numbers(0, 100), max_size=5).map(tuple),
    numbers(-1e6, 1e6),
)
morphs = st.builds(
    Morph,
    st.sampled_from(["A", "B"]),
    st.sampled_from(["C", "D"]),
    numbers(-1, 2),
    courses,
    st.lists(st.none() | numbers(-1, 2), max_size=4).map(tuple),
)
transforms = st.builds(Transform, numbers(-10, 10), numbers(-10, 10), numbers(-3600, 3600))
lines = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20)
edits = st.builds(Edit, lines, lines, vectors(), numbers(-100, 100), st.integers(0, 1023))
bends = st.builds(
    Bend,
    st.integers(0, 1023),
    st.sets(st.integers(0, 65535), max_size=4).map(lambda chosen: tuple(sorted(chosen))),
    st.sampled_from(["scale", "style", "threshold", "rotate", "flip", "erode"]),
    numbers(0, 1),
    st.just("") | lines,
)
recipes = st.builds(
    Recipe,
    hashes,
    st.tuples(*(points(name) for name in POINT_NAMES)),
    blends,
    st.none() | st.integers(0, 2**31 - 1),
    truncations,
    mixings,
    noises,
    transforms,
    st.lists(edits, max_size=2, unique_by=lambda edit: edit.key).map(tuple),
    st.lists(bends, max_size=2).map(tuple),
    st.none() | morphs,
    hashes,
)


def png(width: int = 2, height: int = 2, value: int = 7) -> bytes:
    """A small RGB PNG written by Pillow."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (value, 0, 255 - value)).save(buffer, "PNG")
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk, written from the specification alone."""
    crc = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + crc


def with_chunk(picture: bytes, kind: bytes, data: bytes) -> bytes:
    """The PNG with a chunk after its header (8 bytes of signature, 25 of IHDR)."""
    return picture[:33] + chunk(kind, data) + picture[33:]


titles = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
kept = st.builds(
    Kept, recipes, st.just(b"") | st.integers(0, 255).map(lambda v: png(value=v)), titles
)
states = st.builds(State, recipes, names, st.lists(kept, max_size=2).map(tuple))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | titles,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(titles, inner, max_size=3),
    max_leaves=8,
)
views = st.dictionaries(titles, json_values, max_size=3)
