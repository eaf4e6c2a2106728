"""The signed distance field of a portrait bust: head, features, hair, hats, glasses and clothes.

Coordinates: the head is about one unit around the origin, y points up and z at the camera. One
list of primitives serves every hair style, hat and collar: a style is a setting of their centres
and radii, so that the field is free of branches and compiles once.
"""

from __future__ import annotations

import torch
from torch import Tensor

from trainer.data.portrait_params import Params


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


def _ellipsoid(x: Tensor, y: Tensor, z: Tensor, px: Radius, py: Radius, pz: Radius) -> Tensor:
    """Ellipsoid about the origin, given by the reciprocals of its radii."""
    u, v, w = x * px, y * py, z * pz
    k0 = _length(u, v, w)
    return k0 * (k0 - 1.0) / _length(u * px, v * py, w * pz)


def _oval(x: Tensor, y: Tensor, z: Tensor, rx: float, ry: float, rz: float) -> Tensor:
    """Ellipsoid about the origin with fixed radii."""
    return _ellipsoid(x, y, z, 1.0 / rx, 1.0 / ry, 1.0 / rz)


def _capsule(
    x: Tensor, y: Tensor, z: Tensor, a: tuple[float, ...], b: tuple[float, ...], r: float
) -> Tensor:
    dx, dy, dz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    px, py, pz = x - a[0], y - a[1], z - a[2]
    scale = 1.0 / (dx * dx + dy * dy + dz * dz)
    h = ((px * dx + py * dy + pz * dz) * scale).clamp(0.0, 1.0)
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
    return x * p["per_width"], y - 0.55, z


def mouth(x: Tensor, y: Tensor, p: Params) -> tuple[Tensor, Tensor, Tensor]:
    """Height above the upper lip line, depth below the lower one, and 1 - (x / half width)²."""
    t = 1.0 - (x * p["per_mouth_w"]) ** 2
    arch = t.clamp(min=-0.6)
    return y - (p["mouth_y"] - p["sag_up"] * arch), (p["mouth_y"] - p["sag_low"] * arch) - y, t


PARTS = ("skin", "eye", "hair", "brow", "beard", "frame", "hat", "band", "gold", "cloth", "collar")
EYE = (0.335, 0.06, 0.60, 0.275)


def parts(x: Tensor, y: Tensor, z: Tensor, p: Params) -> tuple[Tensor, ...]:
    """Distances to the parts named in ``PARTS`` at world points, each ``[rays]``."""
    qx, qy, qz = head_space(x, y, z, p)
    ax = qx.abs()
    # Head: cranium, jaw, cheeks, nose, ears, neck.
    cranium = _oval(qx, qy - 0.18, qz + 0.08, 0.86, 0.86, 0.92)
    jaw = _oval(qx, qy + 0.34, qz - 0.10, 0.64, 0.68, 0.70)
    face = _smin(cranium, jaw, 0.30)
    cheek = _length(ax - 0.34, qy - p["cheek_y"], qz - 0.50) - 0.29
    face = _smin(face, cheek, 0.16)
    above, below, t = mouth(qx, qy, p)
    lips = torch.maximum(above, below) * (1.0 / 0.075)
    ridge = (1.0 - lips * lips).clamp(min=0.0) * (t + 0.15).clamp(0.0, 1.0)
    face = face - 0.035 * ridge * (qz > 0.2)
    nose = _oval(qx, qy + 0.17, qz - 0.86, 0.135, 0.125, 0.17)
    bridge = _capsule(qx, qy, qz, (0.0, 0.14, 0.78), (0.0, -0.12, 0.88), 0.05)
    bare = face
    skin = _smin(_smin(face, bridge, 0.14), nose, 0.07)
    ear = _oval(ax - 0.88, qy + 0.02, qz + 0.06, 0.11, 0.21, 0.15)
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
    gap = 1.0 - _length(qx * p["per_gap_w"], (qy - p["mouth_y"] + 0.05) * (1.0 / 0.21))
    beard = _smax(bare - 0.085, edge - 0.16, 0.08)
    beard = _smax(beard, 0.2 * gap, 0.05)
    beard = _smax(beard, -(qz + 0.05), 0.1) + p["beard_off"]
    mx = ax - 0.16
    tache = _oval(mx, qy + 0.36 + 0.28 * mx, qz - 0.80, 0.20, 0.075, 0.13) + p["tache_off"]
    beard = torch.minimum(beard, tache)
    # Hair: cap, sides and back, opened for the face; the top lies over it all.
    hair = _ellipsoid(qx, qy - 0.20, qz + 0.12, p["per_cap_rx"], p["per_cap_ry"], p["per_cap_rz"])
    hair = torch.maximum(hair, p["cap_floor"] - qy)
    back = _ellipsoid(
        qx, qy - p["back_y"], qz - p["back_z"], p["per_back_rx"], p["per_back_ry"], p["per_back_rz"]
    )
    side = _ellipsoid(
        ax - p["side_x"],
        qy - p["side_y"],
        qz - p["side_z"],
        p["per_side_rx"],
        p["per_side_ry"],
        p["per_side_rz"],
    )
    hair = _smin(_smin(hair, back, 0.12), side, 0.12)
    opening = _ellipsoid(
        *(qx - p["open_x"], qy - p["open_y"], qz - 1.05),
        *(p["per_open_rx"], p["per_open_ry"], 1.0 / 1.10),
    )
    hair = _smax(hair, -opening, 0.09)
    top = _ellipsoid(
        qx - p["top_x"],
        qy - p["top_y"],
        qz - p["top_z"],
        p["per_top_rx"],
        p["per_top_ry"],
        p["per_top_rz"],
    )
    height = (qy - 0.26 * qz - p["hat_line"]) * 0.968
    hair = _smin(hair, top, 0.10)
    curls = torch.sin(9.0 * qx) * torch.sin(9.0 * qy + 1.0) * torch.sin(9.0 * qz)
    hair = hair + p["curl"] * curls
    hair = _smax(hair, height - p["hair_line"], 0.15)
    # Hat: crown over the hair, band or brim along the hat line.
    crown = _ellipsoid(qx, qy - 0.28, qz + 0.12, 1.0 / 1.05, p["per_hat_ry"], 1.0 / 1.12)
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
    cloth = _oval(tx, y + 2.36, tz + 0.2, 1.45, 1.02, 0.74)
    radial = _length(tx, tz + 0.14)
    lift = y - p["col_y"]
    collar = _rounded(
        radial - p["col_r"] + p["col_slant"] * lift, lift, p["col_w"], p["col_h"], p["col_round"]
    )
    wedge = 0.45 * (y + p["col_gap"]) - tx.abs()
    collar = _smax(collar * 0.85, torch.where(tz > 0.0, wedge * 0.9, -1.0), 0.03)
    s = p["shrink"]
    head = (skin, eye, hair, brow, beard, frame, hat, band, gold)
    return (*(d * s for d in head), cloth, collar)


def field(points: Tensor, p: Params) -> tuple[Tensor, Tensor]:
    """Distance from world points ``[3, rays]`` to the scene, and the number of the nearest part."""
    found = parts(points[0], points[1], points[2], p)
    nearest = found[0]
    which = torch.zeros_like(nearest)
    for number, d in enumerate(found[1:], 1):
        which = torch.where(d < nearest, float(number), which)
        nearest = torch.minimum(nearest, d)
    return nearest, which
