"""Geometric parameters of a portrait: the settings of the styles and what they come to."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

Params = dict[str, Tensor]

FAR_AWAY = 9.0

# Per style: cap radii, cap floor, opening of the face (x radius, y centre, y radius), side pair
# (centre, radii), back (centre, radii), top (centre, radii), share of hair_part moving the top in
# x, whether the top is cut by the opening, curls.
_HIDDEN = (0.0, 0.2, -0.2, 0.1, 0.1, 0.1)
_HAIR: dict[str, tuple[float, ...]] = {
    "buzz": (0.895, 0.89, 0.95, -0.10, 0.96, -0.28, 0.95, *_HIDDEN, *_HIDDEN, *_HIDDEN, 0, 0.0),
    "short": (
        *(0.96, 0.96, 1.02, -0.22, 0.93, -0.30, 0.92),
        *(0.62, 0.42, -0.05, 0.36, 0.45, 0.66),
        *(0.0, -0.05, -0.55, 0.72, 0.60, 0.50),
        *(0.0, 0.93, 0.26, 0.66, 0.24, 0.56),
        *(0.36, 0.0),
    ),
    "quiff": (
        *(0.93, 0.94, 0.99, -0.18, 0.95, -0.30, 0.95),
        *(0.40, 0.85, 0.05, 0.34, 0.32, 0.66),
        *(0.0, -0.05, -0.55, 0.70, 0.60, 0.46),
        *(0.0, 1.02, 0.40, 0.52, 0.34, 0.42),
        *(0.22, 0.0),
    ),
    "bob": (
        *(1.00, 0.98, 1.03, -0.75, 0.84, -0.30, 0.88),
        *(0.74, -0.36, -0.10, 0.38, 0.72, 0.56),
        *(0.0, -0.25, -0.62, 0.86, 0.80, 0.50),
        *(0.0, 0.90, 0.30, 0.62, 0.22, 0.50),
        *(0.40, 0.0),
    ),
    "long": (
        *(1.00, 1.00, 1.04, -0.80, 0.84, -0.28, 0.90),
        *(0.80, -0.85, -0.16, 0.36, 1.10, 0.44),
        *(0.0, -0.75, -0.62, 0.95, 1.30, 0.44),
        *(0.0, 0.91, 0.18, 0.60, 0.22, 0.54),
        *(0.26, 0.0),
    ),
    "afro": (
        *(1.00, 1.00, 1.04, -0.50, 0.88, -0.26, 0.86),
        *(0.62, 0.42, -0.20, 0.66, 0.72, 0.74),
        *(0.0, 0.10, -0.60, 0.92, 0.85, 0.55),
        *(0.0, 0.78, -0.05, 0.92, 0.64, 0.84),
        *(0.0, 0.055),
    ),
    "bun": (
        *(0.96, 0.96, 1.02, -0.35, 0.92, -0.26, 0.90),
        *(0.60, 0.35, -0.20, 0.36, 0.50, 0.60),
        *(0.0, -0.02, -0.55, 0.70, 0.62, 0.48),
        *(0.0, 1.16, -0.20, 0.37, 0.35, 0.37),
        *(0.10, 0.0),
    ),
    "ponytail": (
        *(0.96, 0.96, 1.02, -0.35, 0.92, -0.26, 0.90),
        *(0.60, 0.35, -0.20, 0.36, 0.50, 0.60),
        *(0.0, -0.02, -0.55, 0.70, 0.62, 0.48),
        *(0.0, -0.10, -0.62, 0.34, 0.95, 0.40),
        *(1.15, 0.0),
    ),
}
_AXES = ("x", "y", "z", "rx", "ry", "rz")
_HAIR_NAMES = (
    *("cap_rx", "cap_ry", "cap_rz", "cap_floor", "open_rx", "open_y", "open_ry"),
    *(f"{part}_{axis}" for part in ("side", "back", "top") for axis in _AXES),
    *("top_sweep", "curl"),
)
# Neckline: radius, height, half width, half height, rounding, slant, depth of the front gap.
_COLLAR = {
    "crew": (0.47, -1.37, 0.02, 0.03, 0.06, 0.0, -FAR_AWAY),
    "collar": (0.50, -1.26, 0.03, 0.15, 0.04, 0.45, 1.42),
    "turtleneck": (0.43, -1.20, 0.03, 0.20, 0.07, 0.0, -FAR_AWAY),
}
_COLLAR_NAMES = ("col_r", "col_y", "col_w", "col_h", "col_round", "col_slant", "col_gap")
# Hat: crown height, band (offset and half size along the crown, offset and half size across),
# rounding, height of the hat line.
_HAT = {
    "none": (1.0, 0.0, 0.01, 0.0, 0.01, 0.01, 0.0),
    "beanie": (1.06, 0.02, 0.01, 0.14, 0.10, 0.07, 0.34),
    "brim": (1.02, 0.24, 0.24, 0.01, 0.01, 0.04, 0.42),
}
_HAT_NAMES = ("hat_ry", "band_o", "band_w", "band_y", "band_h", "band_round", "hat_line")

_DIVISORS = (
    *(f"{part}_{axis}" for part in ("cap", "side", "back", "top") for axis in _AXES[3:]),
    *("open_rx", "open_ry", "hat_ry", "width", "mouth_w", "gap_w"),
)


def _table(rows: Mapping[str, tuple[float, ...]], index: Tensor) -> Tensor:
    table = torch.tensor(list(rows.values()), dtype=torch.float32, device=index.device)
    return table[index].T


def geometry(factors: dict[str, Tensor]) -> Params:
    """Geometric parameters of a batch, each ``[n]`` float32."""
    f = factors
    p: Params = {}
    p["yaw_c"], p["yaw_s"] = torch.cos(f["yaw"]), torch.sin(f["yaw"])
    p["pitch_c"], p["pitch_s"] = torch.cos(f["pitch"]), torch.sin(f["pitch"])
    p["body_c"], p["body_s"] = torch.cos(0.35 * f["yaw"]), torch.sin(0.35 * f["yaw"])
    p["width"] = f["face_width"]
    p.update(zip(_HAIR_NAMES, _table(_HAIR, f["hair_style"]), strict=True))
    p["top_x"] = p["top_sweep"] * f["hair_part"]
    p["open_x"] = -0.16 * f["hair_part"] * (p["top_sweep"].clamp(max=0.4) / 0.4)
    p.update(zip(_COLLAR_NAMES, _table(_COLLAR, f["clothing_kind"]), strict=True))
    p.update(zip(_HAT_NAMES, _table(_HAT, f["hat"]), strict=True))
    p["hat_off"] = torch.where(f["hat"] == 0, FAR_AWAY, 0.0)
    # Hair under a hat lies flat and its top tuft is hidden.
    p["hair_line"] = torch.where(f["hat"] == 0, FAR_AWAY, 0.06)
    p["glass_off"] = torch.where(f["glasses"] == 0, FAR_AWAY, 0.0)
    square = f["glasses"] == 2
    p["lens_w"], p["lens_h"] = torch.where(square, 0.17, 0.0), torch.where(square, 0.11, 0.0)
    p["lens_r"] = torch.where(square, 0.12, 0.285)
    p["beard_off"] = torch.where(f["beard"] == 3, 0.0, FAR_AWAY)
    p["tache_off"] = torch.where(f["beard"] >= 2, 0.0, FAR_AWAY)
    p["ear_off"] = torch.where(f["earrings"] == 1, 0.0, FAR_AWAY)
    # At rest a mouth smiles faintly: an exactly straight one reads as sad.
    opened, smile = f["eye_openness"], 0.88 * f["smile"] + 0.12
    upper = -0.04 + 0.92 * opened
    p["lid_c"], p["lid_s"] = torch.cos(upper), torch.sin(upper)
    lower = -0.72 - 0.1 * opened + 0.28 * smile.clamp(min=0.0)
    p["low_c"], p["low_s"] = torch.cos(lower), torch.sin(lower)
    p["brow_y"] = 0.40 + 0.09 * opened - 0.03 * f["brow_tilt"]
    p["brow_slope"] = 0.42 * f["brow_tilt"]
    # Mouth: half width, height of the corners, sag of the upper and of the lower edge.
    grin = ((smile - 0.1) / 0.9).clamp(0.0, 1.0)
    curve = torch.where(smile > 0.0, 0.13 * smile, 0.10 * smile)
    p["mouth_w"] = 0.25 + 0.05 * smile + 0.05 * grin
    p["mouth_y"] = -0.53 + 0.055 * smile
    p["sag_up"] = curve - 0.05 * grin
    p["sag_low"] = curve + 0.17 * grin
    p["cheek_y"] = -0.30 + 0.05 * smile
    p["shrink"] = p["width"].clamp(max=1.0)
    p["gap_w"] = p["mouth_w"] + 0.12
    # The field multiplies by reciprocals, since divisions would take most of its time.
    for name in _DIVISORS:
        p[f"per_{name}"] = 1.0 / p.pop(name)
    return p
