"""The factors of a portrait, their distributions and their counter-based sampling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

Kind = Literal["continuous", "categorical", "binary"]
Shape = Literal["uniform", "bell", "choice"]


@dataclass(frozen=True)
class Factor:
    """One documented cause of a portrait.

    Attributes
    ----------
    name : str
        Key of the factor in a batch.
    kind : {"continuous", "categorical", "binary"}
        Continuous factors are float32, the others int64.
    description : str
        What a person sees change.
    unit : str
        Unit of a continuous value, empty otherwise.
    low, high : float
        Range of a continuous value, or of the class index.
    classes : tuple of str
        Class names of a categorical or binary factor.
    distribution : str
        The sampling law in plain words.
    flip : {"negate", "same"}
        What becomes of the value when the picture is mirrored.
    shape : {"uniform", "bell", "choice"}
        The sampling law as code.
    weights : tuple of float
        Probability of each class.
    """

    name: str
    kind: Kind
    description: str
    unit: str
    low: float
    high: float
    classes: tuple[str, ...]
    distribution: str
    flip: Literal["negate", "same"]
    shape: Shape
    weights: tuple[float, ...] = ()


def _real(
    name: str,
    description: str,
    low: float,
    high: float,
    *,
    unit: str = "",
    shape: Shape = "uniform",
    flip: Literal["negate", "same"] = "same",
) -> Factor:
    law = (
        f"uniform on [{low:g}, {high:g}]"
        if shape == "uniform"
        else f"bell-shaped on [{low:g}, {high:g}]: mean of three uniforms"
    )
    return Factor(name, "continuous", description, unit, low, high, (), law, flip, shape)


def _choice(name: str, description: str, **weights: float) -> Factor:
    kind: Kind = "binary" if len(weights) == 2 else "categorical"
    law = ", ".join(f"{label} {weight:.0%}" for label, weight in weights.items())
    return Factor(
        name,
        kind,
        description,
        "",
        0.0,
        float(len(weights) - 1),
        tuple(weights),
        law,
        "same",
        "choice",
        tuple(weights.values()),
    )


FACTORS: tuple[Factor, ...] = (
    _real(
        "yaw",
        "head turn; positive looks to the right of the picture",
        -0.65,
        0.65,
        unit="rad",
        shape="bell",
        flip="negate",
    ),
    _real("pitch", "head nod; positive looks up", -0.22, 0.22, unit="rad", shape="bell"),
    _real(
        "light_azimuth",
        "side of the key light; positive lights the right of the picture",
        -1.1,
        1.1,
        unit="rad",
        flip="negate",
    ),
    _real("light_warmth", "colour of the key light, cool white to golden", 0.0, 1.0),
    _real("skin_tone", "skin from deep (0) to fair (1)", 0.0, 1.0),
    _choice(
        "hair_style",
        "shape of the hair",
        buzz=0.10,
        short=0.15,
        quiff=0.13,
        bob=0.14,
        long=0.16,
        afro=0.12,
        bun=0.10,
        ponytail=0.10,
    ),
    _real("hair_color", "black (0), brown, auburn, ginger, blond, silver (1)", 0.0, 1.0),
    _real(
        "hair_part",
        "side to which the hair is parted or tied, in picture direction",
        -1.0,
        1.0,
        flip="negate",
    ),
    _choice("glasses", "spectacles", none=0.64, round=0.18, square=0.18),
    _choice("beard", "facial hair", none=0.62, stubble=0.10, moustache=0.12, full=0.16),
    _real("smile", "mouth from sad (-1) to an open smile with teeth (1)", -1.0, 1.0),
    _real("eye_openness", "lids from nearly closed (0) to wide open (1)", 0.0, 1.0),
    _real(
        "gaze",
        "sideways look of the eyes relative to the head; positive is picture right",
        -0.5,
        0.5,
        unit="rad",
        shape="bell",
        flip="negate",
    ),
    _real("brow_tilt", "brows from worried (-1) to fierce (1)", -1.0, 1.0, shape="bell"),
    _real("face_width", "width of the head relative to the mean", 0.87, 1.13),
    _real("eye_color", "iris from brown (0) through green to blue (1)", 0.0, 1.0),
    _real("clothing_hue", "hue of the clothes", 0.0, 1.0, unit="turn"),
    _choice("clothing_kind", "neckline", crew=0.40, collar=0.30, turtleneck=0.30),
    _real("backdrop_hue", "hue of the backdrop", 0.0, 1.0, unit="turn"),
    _choice("hat", "headgear", none=0.78, beanie=0.12, brim=0.10),
    _choice("earrings", "a gold bead at each ear", no=0.70, yes=0.30),
)

_U64 = npt.NDArray[np.uint64]


def _splitmix64(x: _U64) -> _U64:
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _uniforms(indices: _U64, seed: int, stream: int) -> npt.NDArray[np.float64]:
    """Uniforms on [0, 1) that depend on nothing but seed, index and stream."""
    key = _splitmix64(np.full_like(indices, seed & 0xFFFFFFFFFFFFFFFF))
    bits = _splitmix64(_splitmix64(key ^ indices) ^ np.uint64(stream))
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def sample_factors(indices: Iterable[int] | torch.Tensor, seed: int = 0) -> dict[str, torch.Tensor]:
    """Sample the factors of the portraits with the given indices.

    Parameters
    ----------
    indices : iterable of int or torch.Tensor
        ``n`` non-negative picture numbers.
    seed : int
        Seed of the data set.

    Returns
    -------
    dict of str to torch.Tensor
        ``[n]`` for each factor: float32 when continuous, int64 (class index) otherwise. The
        values of a picture depend on ``(seed, index)`` alone, whatever the batch and platform.
    """
    raw = indices.tolist() if isinstance(indices, torch.Tensor) else list(indices)
    if any(int(i) < 0 for i in raw):
        raise ValueError("portrait indices must not be negative")
    index = np.asarray(raw, dtype=np.uint64)
    out: dict[str, torch.Tensor] = {}
    for number, factor in enumerate(FACTORS):
        # Four streams a factor, so that adding a draw to one never shifts the others.
        u = [_uniforms(index, seed, 4 * number + k) for k in range(3)]
        if factor.shape == "choice":
            edges = np.cumsum(factor.weights)[:-1]
            out[factor.name] = torch.from_numpy(np.searchsorted(edges, u[0], side="right")).long()
            continue
        unit = u[0] if factor.shape == "uniform" else (u[0] + u[1] + u[2]) / 3.0
        value = factor.low + (factor.high - factor.low) * unit
        out[factor.name] = torch.from_numpy(value.astype(np.float32))
    return out
