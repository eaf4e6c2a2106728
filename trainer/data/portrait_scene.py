"""The signed distance field of a portrait bust.

Lengths are in head radii, the head's centre is the origin, y points up and z at the camera. One
list of primitives serves every hair style, hat and collar: a style is a setting of their centres
and radii, so that the field is free of branches and compiles once.
"""

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
    return p


def _length(*axes: Tensor) -> Tensor:
    total = axes[0] * axes[0]
    for axis in axes[1:]:
        total = total + axis * axis
    return torch.sqrt(total + 1e-12)


def _smin(a: Tensor, b: Tensor, k: float) -> Tensor:
    h = (k - (a - b).abs()).clamp(min=0.0)
    return torch.minimum(a, b) - h * h * (0.25 / k)


def _smax(a: Tensor, b: Tensor, k: float) -> Tensor:
    return -_smin(-a, -b, k)


Radius = Tensor | float


def _ellipsoid(x: Tensor, y: Tensor, z: Tensor, rx: Radius, ry: Radius, rz: Radius) -> Tensor:
    u, v, w = x / rx, y / ry, z / rz
    k0 = _length(u, v, w)
    return k0 * (k0 - 1.0) / _length(u / rx, v / ry, w / rz)


def _capsule(
    x: Tensor, y: Tensor, z: Tensor, a: tuple[float, ...], b: tuple[float, ...], r: float
) -> Tensor:
    dx, dy, dz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    px, py, pz = x - a[0], y - a[1], z - a[2]
    h = ((px * dx + py * dy + pz * dz) / (dx * dx + dy * dy + dz * dz)).clamp(0.0, 1.0)
    return _length(px - h * dx, py - h * dy, pz - h * dz) - r


def _rounded(u: Tensor, v: Tensor, w: Radius, h: Radius, r: Radius) -> Tensor:
    """Rounded box with half sizes ``w, h`` in two coordinates."""
    a, b = u.abs() - w, v.abs() - h
    return _length(a.clamp(min=0.0), b.clamp(min=0.0)) + torch.maximum(a, b).clamp(max=0.0) - r


def head_space(x: Tensor, y: Tensor, z: Tensor, p: Params) -> tuple[Tensor, Tensor, Tensor]:
    """World to head coordinates, where the face looks along +z."""
    x, z = p["yaw_c"] * x - p["yaw_s"] * z, p["yaw_s"] * x + p["yaw_c"] * z
    # The head nods about the top of the neck.
    y = y + 0.55
    y, z = p["pitch_c"] * y - p["pitch_s"] * z, p["pitch_s"] * y + p["pitch_c"] * z
    return x / p["width"], y - 0.55, z


def mouth(x: Tensor, y: Tensor, p: Params) -> tuple[Tensor, Tensor, Tensor]:
    """Height above the upper lip line, depth below the lower one, and 1 - (x / half width)²."""
    t = 1.0 - (x / p["mouth_w"]) ** 2
    arch = t.clamp(min=-0.6)
    return y - (p["mouth_y"] - p["sag_up"] * arch), (p["mouth_y"] - p["sag_low"] * arch) - y, t


PARTS = ("skin", "eye", "hair", "brow", "beard", "frame", "hat", "band", "gold", "cloth", "collar")
EYE = (0.335, 0.06, 0.60, 0.275)


def parts(x: Tensor, y: Tensor, z: Tensor, p: Params) -> tuple[Tensor, ...]:
    """Distances to the parts named in ``PARTS`` at world points, each ``[rays]``."""
    qx, qy, qz = head_space(x, y, z, p)
    ax = qx.abs()
    # Head: cranium, jaw, cheeks, nose, ears, neck.
    cranium = _ellipsoid(qx, qy - 0.18, qz + 0.08, 0.86, 0.86, 0.92)
    jaw = _ellipsoid(qx, qy + 0.34, qz - 0.10, 0.64, 0.68, 0.70)
    face = _smin(cranium, jaw, 0.30)
    cheek = _length(ax - 0.34, qy - p["cheek_y"], qz - 0.50) - 0.29
    face = _smin(face, cheek, 0.16)
    above, below, t = mouth(qx, qy, p)
    lips = torch.maximum(above, below) / 0.075
    ridge = (1.0 - lips * lips).clamp(min=0.0) * (t + 0.15).clamp(0.0, 1.0)
    face = face - 0.035 * ridge * (qz > 0.2)
    nose = _ellipsoid(qx, qy + 0.17, qz - 0.86, 0.135, 0.125, 0.17)
    bridge = _capsule(qx, qy, qz, (0.0, 0.14, 0.78), (0.0, -0.12, 0.88), 0.05)
    bare = face
    skin = _smin(_smin(face, bridge, 0.14), nose, 0.07)
    ear = _ellipsoid(ax - 0.88, qy + 0.02, qz + 0.06, 0.11, 0.21, 0.15)
    skin = _smin(skin, ear, 0.06)
    neck = _capsule(x, y, z, (0.0, -0.5, -0.12), (0.0, -1.8, -0.16), 0.36)
    # Eyes with lids: shells over the eyeball cut by planes through its centre.
    ex, ey, ez = ax - EYE[0], qy - EYE[1], qz - EYE[2]
    ball = _length(ex, ey, ez)
    eye = ball - EYE[3]
    shell = ball - EYE[3] - 0.035
    upper = torch.maximum(shell, ez * p["lid_s"] - ey * p["lid_c"])
    lower = torch.maximum(shell, ey * p["low_c"] - ez * p["low_s"])
    skin = _smin(skin, torch.minimum(upper, lower), 0.03)
    skin = _smin(skin, neck, 0.12)
    # Brows: a bar that follows the forehead, arched and tilted.
    bx = ax - 0.35
    by = qy - p["brow_y"] - p["brow_slope"] * bx + 0.55 * bx * bx
    bar = _rounded(bx, by, 0.17, 0.005, 0.052)
    brow = _smax(bar, bare - 0.045, 0.04)
    brow = torch.where(qz > 0.1, brow, 1.0)
    # Beard: a shell over the jaw, open around the mouth, rising to the ears.
    edge = qy + 0.62 - 0.75 * ax * ax
    gap = 1.0 - _length(qx / (p["mouth_w"] + 0.12), (qy - p["mouth_y"] + 0.05) / 0.21)
    beard = _smax(bare - 0.085, edge - 0.16, 0.08)
    beard = _smax(beard, 0.2 * gap, 0.05)
    beard = _smax(beard, -(qz + 0.05), 0.1) + p["beard_off"]
    mx = ax - 0.16
    tache = _ellipsoid(mx, qy + 0.36 + 0.28 * mx, qz - 0.80, 0.20, 0.075, 0.13) + p["tache_off"]
    beard = torch.minimum(beard, tache)
    # Hair: cap, sides and back, opened for the face; the top lies over it all.
    hair = _ellipsoid(qx, qy - 0.20, qz + 0.12, p["cap_rx"], p["cap_ry"], p["cap_rz"])
    hair = torch.maximum(hair, p["cap_floor"] - qy)
    back = _ellipsoid(
        qx, qy - p["back_y"], qz - p["back_z"], p["back_rx"], p["back_ry"], p["back_rz"]
    )
    side = _ellipsoid(
        ax - p["side_x"],
        qy - p["side_y"],
        qz - p["side_z"],
        p["side_rx"],
        p["side_ry"],
        p["side_rz"],
    )
    hair = _smin(_smin(hair, back, 0.12), side, 0.12)
    opening = _ellipsoid(
        qx - p["open_x"], qy - p["open_y"], qz - 1.05, p["open_rx"], p["open_ry"], 1.10
    )
    hair = _smax(hair, -opening, 0.09)
    top = _ellipsoid(
        qx - p["top_x"], qy - p["top_y"], qz - p["top_z"], p["top_rx"], p["top_ry"], p["top_rz"]
    )
    height = (qy - 0.26 * qz - p["hat_line"]) * 0.968
    hair = _smin(hair, top, 0.10)
    curls = torch.sin(9.0 * qx) * torch.sin(9.0 * qy + 1.0) * torch.sin(9.0 * qz)
    hair = hair + p["curl"] * curls
    hair = _smax(hair, height - p["hair_line"], 0.15)
    # Hat: crown over the hair, band or brim along the hat line.
    crown = _ellipsoid(qx, qy - 0.28, qz + 0.12, 1.05, p["hat_ry"], 1.12)
    hat = torch.maximum(crown, -height) + p["hat_off"]
    band = _rounded(
        crown - p["band_o"], height - p["band_y"], p["band_w"], p["band_h"], p["band_round"]
    )
    band = 0.8 * band + p["hat_off"]
    # Glasses: rims, bridge and temples.
    outline = _rounded(ax - 0.36, qy - 0.05, p["lens_w"], p["lens_h"], p["lens_r"])
    rim = _length(outline, qz - 0.90 + 0.25 * ax * ax) - 0.036
    nosepiece = _capsule(ax, qy, qz, (0.0, 0.11, 0.93), (0.09, 0.09, 0.92), 0.03)
    temple = _capsule(ax, qy, qz, (0.64, 0.10, 0.78), (0.92, 0.10, 0.0), 0.034)
    frame = torch.minimum(torch.minimum(rim * 0.9, nosepiece), temple) + p["glass_off"]
    gold = _length(ax - 0.93, qy + 0.31, qz - 0.03) - 0.10 + p["ear_off"]
    # Body, which follows a third of the head's turn.
    tx = p["body_c"] * x - p["body_s"] * z
    tz = p["body_s"] * x + p["body_c"] * z
    cloth = _ellipsoid(tx, y + 2.36, tz + 0.2, 1.45, 1.02, 0.74)
    radial = _length(tx, tz + 0.14)
    lift = y - p["col_y"]
    collar = _rounded(
        radial - p["col_r"] + p["col_slant"] * lift, lift, p["col_w"], p["col_h"], p["col_round"]
    )
    wedge = 0.45 * (y + p["col_gap"]) - tx.abs()
    collar = _smax(collar * 0.85, torch.where(tz > 0.0, wedge * 0.9, -1.0), 0.03)
    s = p["width"].clamp(max=1.0)
    head = (skin, eye, hair, brow, beard, frame, hat, band, gold)
    return (*(d * s for d in head), cloth, collar)


def distance(x: Tensor, y: Tensor, z: Tensor, p: Params) -> Tensor:
    """Distance from world points to the scene, ``[rays]``."""
    found = parts(x, y, z, p)
    nearest = found[0]
    for d in found[1:]:
        nearest = torch.minimum(nearest, d)
    return nearest
