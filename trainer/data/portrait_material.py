"""Colours and lighting of a portrait: palettes, painted details, shading and the backdrop."""

from __future__ import annotations

import torch
from torch import Tensor

from trainer.data.portrait_params import Params
from trainer.data.portrait_scene import EYE, PARTS, head_space, mouth

Color = tuple[Tensor, Tensor, Tensor]

# sRGB stops; the skin stops are ordered by lightness from deep to fair.
_SKIN = ("#50342a", "#714a38", "#946549", "#b98762", "#d6a580", "#e8bd9c", "#f2d0b6")
_HAIR = ("#1f1a1c", "#38241a", "#5e3820", "#8a4424", "#b5612c", "#cf9a4c", "#ead9a0", "#d2d2d8")
_IRIS = ("#6b3d1e", "#8a6a2c", "#4f8a4f", "#3f93b8", "#4a7fd6")


def _linear(srgb: Tensor) -> Tensor:
    return srgb.clamp(min=0.0) ** 2.2


def _palette(stops: tuple[str, ...], position: Tensor) -> Tensor:
    """Interpolate hexadecimal sRGB stops at ``[n]`` positions in [0, 1]: ``[3, n]``, linear."""
    rgb = [[int(s[i : i + 2], 16) / 255.0 for i in (1, 3, 5)] for s in stops]
    table = torch.tensor(rgb, dtype=torch.float32, device=position.device)
    at = position.clamp(0.0, 1.0) * (len(stops) - 1)
    low = at.floor().clamp(max=len(stops) - 2).long()
    mix = (at - low)[:, None]
    return _linear(table[low] * (1.0 - mix) + table[low + 1] * mix).T


def _hue(hue: Tensor, saturation: float, value: float) -> Tensor:
    """Smooth hue wheel with soft saturation, ``[3, n]``, linear."""
    offsets = torch.tensor([0.0, 1.0 / 3.0, 2.0 / 3.0], device=hue.device)[:, None]
    wave = 0.5 + 0.5 * torch.cos(2.0 * torch.pi * (hue[None] - offsets))
    return _linear(value * (1.0 - saturation + saturation * wave))


def colors(factors: dict[str, Tensor]) -> Params:
    """Colour and light parameters of a batch, each ``[n]`` float32."""
    f = factors
    p: Params = {}
    named = {
        "skin": _palette(_SKIN, f["skin_tone"]),
        "hair": _palette(_HAIR, f["hair_color"]),
        "iris": _palette(_IRIS, f["eye_color"]),
        "cloth": _hue(f["clothing_hue"], 0.66, 0.86),
        "hat": _hue(f["clothing_hue"] + 0.42, 0.55, 0.74),
        "back": _hue(f["backdrop_hue"], 0.36, 0.86),
    }
    for name, rgb in named.items():
        for channel, value in zip("rgb", rgb, strict=True):
            p[f"{name}_{channel}"] = value
    azimuth, elevation = f["light_azimuth"], 0.62
    p["light_x"] = torch.sin(azimuth) * torch.cos(torch.tensor(elevation))
    p["light_y"] = torch.full_like(azimuth, float(torch.sin(torch.tensor(elevation))))
    p["light_z"] = torch.cos(azimuth) * torch.cos(torch.tensor(elevation))
    warm = f["light_warmth"]
    p["key_r"], p["key_g"], p["key_b"] = 0.95 + 0.22 * warm, 1.0 - 0.08 * warm, 1.08 - 0.60 * warm
    p["gaze_s"], p["gaze_c"] = torch.sin(f["gaze"]), torch.cos(f["gaze"])
    p["stubble"] = torch.where(f["beard"] == 0, 0.0, torch.where(f["beard"] == 1, 1.0, 0.35))
    p["lens"] = torch.where(f["glasses"] == 0, 0.0, 1.0)
    p["placket"] = torch.where(f["clothing_kind"] == 1, 1.0, 0.0)
    return p


def _step(low: float, high: float, v: Tensor) -> Tensor:
    t = ((v - low) / (high - low)).clamp(0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _mix(a: Color, b: Color | tuple[float, float, float], w: Tensor) -> Color:
    return (a[0] + (b[0] - a[0]) * w, a[1] + (b[1] - a[1]) * w, a[2] + (b[2] - a[2]) * w)


def _named(p: Params, name: str, gain: float = 1.0) -> Color:
    return (p[f"{name}_r"] * gain, p[f"{name}_g"] * gain, p[f"{name}_b"] * gain)


def _skin(qx: Tensor, qy: Tensor, qz: Tensor, p: Params) -> Color:
    """Skin with blush, lips, teeth, lash line and stubble painted in head coordinates."""
    base = _named(p, "skin")
    ax = qx.abs()
    front = _step(0.2, 0.45, qz)
    blush = (1.0 - ((ax - 0.47) / 0.27) ** 2 - ((qy + 0.27) / 0.22) ** 2).clamp(min=0.0)
    blush = blush + 0.8 * (1.0 - (ax / 0.2) ** 2 - ((qy + 0.18) / 0.18) ** 2).clamp(min=0.0)
    rosy = (base[0] * 1.04 + 0.02, base[1] * 0.60, base[2] * 0.54)
    color = _mix(base, rosy, 0.62 * blush.clamp(max=1.0) * front)
    above, below, t = mouth(qx, qy, p)
    jaw = _step(-0.22, -0.42, qy - 0.75 * ax * ax) * _step(-0.1, 0.1, qz)
    jaw = jaw * _step(-1.10, -0.98, qy)
    hair = _named(p, "hair")
    color = _mix(color, hair, 0.42 * jaw * p["stubble"])
    # Lips end in a point at the corners of the mouth.
    inside = torch.maximum(above, below)
    body = 0.062 * (t + 0.10).clamp(0.0, 1.0) ** 0.5
    lip = _step(0.012, -0.012, inside - body) * _step(-0.10, 0.0, t) * front
    tint = (base[0] * 0.62 + 0.12, base[1] * 0.28 + 0.018, base[2] * 0.30 + 0.025)
    color = _mix(color, tint, lip)
    seam = _step(0.020, 0.006, inside) * _step(-0.02, 0.02, t) * front
    color = _mix(color, (0.10, 0.018, 0.018), seam)
    depth = -above
    tooth = _step(0.0, 0.015, depth) * _step(0.110, 0.095, depth) * _step(0.006, -0.006, below)
    tooth = tooth * _step(0.0, 0.08, t) * front
    tongue = _step(0.13, 0.16, depth) * _step(0.0, -0.02, below) * front
    color = _mix(color, (0.55, 0.12, 0.11), tongue)
    color = _mix(color, (0.93, 0.90, 0.85), tooth)
    # Lash line: the edge of the upper lid, seen from the front.
    ex, ey, ez = ax - EYE[0], qy - EYE[1], qz - EYE[2]
    rim = ey * p["lid_c"] - ez * p["lid_s"]
    # The lid itself is a little rosier than the face, so that a lowered one reads.
    ball = torch.sqrt(ex * ex + ey * ey + ez * ez)
    lid = _step(EYE[3] + 0.07, EYE[3] + 0.04, ball) * _step(0.0, 0.06, ez)
    color = _mix(color, rosy, 0.38 * lid)
    near = _step(EYE[3] + 0.06, EYE[3] + 0.045, ball)
    lash = _step(0.060, 0.045, rim) * _step(-0.02, 0.0, rim) * near * _step(0.0, 0.1, ez)
    return _mix(color, (0.035, 0.02, 0.018), lash)


def _eye(qx: Tensor, qy: Tensor, qz: Tensor, p: Params) -> Color:
    side = torch.where(qx > 0.0, 1.0, -1.0)
    ex, ey, ez = qx - EYE[0] * side, qy - EYE[1], qz - EYE[2]
    # Eyes converge a little, as if at a viewer close by.
    lx = ex + 0.05 * side * ez
    u = (p["gaze_c"] * lx - p["gaze_s"] * ez) / EYE[3]
    v = ey / EYE[3]
    r = torch.sqrt(u * u + v * v + 1e-9)
    white: Color = (torch.full_like(r, 0.90), torch.full_like(r, 0.90), torch.full_like(r, 0.90))
    shade = _named(p, "iris")
    glow = 1.0 + 0.9 * (-v).clamp(-0.4, 0.5)
    iris: Color = (shade[0] * glow, shade[1] * glow, shade[2] * glow)
    color = _mix(white, iris, _step(0.60, 0.55, r))
    color = _mix(color, (0.02, 0.015, 0.015), _step(0.54, 0.58, r) * _step(0.64, 0.60, r) * 0.8)
    return _mix(color, (0.006, 0.006, 0.008), _step(0.32, 0.27, r))


def shade(rays: Tensor, p: Params) -> Color:
    """Linear colour of surface points.

    The rows of ``rays`` are the position, direction of view and normal (three each), the number
    of the part, and the light that shadows and occlusion let through, in [0, 1].
    """
    x, y, z, vx, vy, vz, nx, ny, nz, part, shadow, occlusion = rays.unbind(0)
    skin, eye, hair, brow, beard, frame, hat, band, gold, cloth, collar = (
        part == float(number) for number in range(len(PARTS))
    )
    qx, qy, qz = head_space(x, y, z, p)
    hairy = hair | brow | beard
    strands = 1.0 + 0.10 * torch.sin(26.0 * torch.atan2(qx, qz + 2.2) * 2.0 + 3.0 * qy)
    tone = _named(p, "hair")
    locks: Color = (tone[0] * strands, tone[1] * strands, tone[2] * strands)
    ribs = 1.0 - 0.16 * _step(0.2, 0.9, torch.sin(30.0 * torch.atan2(qx, qz + 0.1)))
    felt = _named(p, "hat")
    color = _skin(qx, qy, qz, p)
    layers: tuple[tuple[Tensor, Color], ...] = (
        (eye, _eye(qx, qy, qz, p)),
        (hair | beard, locks),
        (brow, (tone[0] * 0.55, tone[1] * 0.55, tone[2] * 0.55)),
        (frame, (nx * 0 + 0.025, nx * 0 + 0.022, nx * 0 + 0.03)),
        (hat, felt),
        (band, (felt[0] * 0.8 * ribs, felt[1] * 0.8 * ribs, felt[2] * 0.8 * ribs)),
        (gold, (nx * 0 + 0.95, nx * 0 + 0.60, nx * 0 + 0.16)),
        (cloth, _named(p, "cloth")),
        (collar, _mix(_named(p, "cloth", 1.1), (0.86, 0.86, 0.84), p["placket"] * 0.75)),
    )
    for mask, layer in layers:
        w = mask.to(x.dtype)
        color = _mix(color, layer, w)
    line = _step(0.05, 0.03, (x - 0.1 * p["body_s"]).abs()) * cloth * p["placket"] * (z > 0)
    color = _mix(color, (0.86, 0.86, 0.84), 0.75 * line)
    # Light: warm wrapped key, sky and bounce, cool rim. Skin wraps further in red.
    facing = nx * p["light_x"] + ny * p["light_y"] + nz * p["light_z"]
    fleshy = (skin & (qy > -3.0)).to(x.dtype)
    lit = []
    for channel, wrap in (("r", 0.42), ("g", 0.24), ("b", 0.18)):
        w = 0.18 + (wrap - 0.18) * fleshy
        glow = ((facing + w) / (1.0 + w)).clamp(min=0.0)
        cast = shadow + (1.0 - shadow) * (0.22 if channel == "r" else 0.12) * fleshy
        lit.append(2.05 * p[f"key_{channel}"] * glow * cast)
    sky = 0.5 + 0.5 * ny
    fill = 0.30 * (0.6 + 0.4 * nz).clamp(min=0.0)
    ambient = (
        (0.30 + 0.16 * sky + fill) * occlusion,
        (0.28 + 0.18 * sky + fill) * occlusion,
        (0.28 + 0.22 * sky + fill) * occlusion,
    )
    ndv = -(nx * vx + ny * vy + nz * vz)
    edge = (1.0 - ndv).clamp(0.0, 1.0) ** 3
    away = (0.35 - facing).clamp(0.0, 1.0) * (0.4 + 0.6 * (ny + 0.4).clamp(0.0, 1.0))
    rim = 0.55 * edge * away * occlusion
    # Highlights of the half vector, and a broad sheen on hair.
    hx, hy, hz = p["light_x"] - vx, p["light_y"] - vy, p["light_z"] - vz
    norm = torch.rsqrt(hx * hx + hy * hy + hz * hz)
    ndh = ((nx * hx + ny * hy + nz * hz) * norm).clamp(min=0.0)
    hairy_f = hairy.to(x.dtype)
    glossy = (eye | frame | gold).to(x.dtype)
    spec = 0.10 * fleshy * ndh**24 + 0.22 * hairy_f * ndh**14 * strands + 0.9 * glossy * ndh**60
    spec = spec * shadow
    # A window's reflection in each eye, whatever the lamp does.
    side = torch.where(qx > 0.0, 1.0, -1.0)
    wx, wy = (qx - EYE[0] * side) / EYE[3], (qy - EYE[1]) / EYE[3]
    spark = (wx - 0.30 * p["light_x"]) ** 2 + (wy - 0.26) ** 2
    spark = _step(0.028, 0.016, spark) * eye
    # Lens: a faint streak where the view passes the spectacles.
    gx, gy = qx.abs() - 0.36, qy - 0.05
    within = _step(0.27, 0.25, torch.sqrt(gx * gx + gy * gy)) * (eye | skin)
    streak = _step(0.07, 0.05, (gx + 0.8 * gy - 0.08).abs()) * within * p["lens"] * (qz > 0.4)
    gloss = spec + 1.6 * spark + 0.10 * streak + 0.03 * within * p["lens"] * (qz > 0.4)
    out = []
    for albedo, key, sky_light, tint, lamp in zip(
        color, lit, ambient, (0.75, 0.88, 1.15), "rgb", strict=True
    ):
        body = albedo * (key + sky_light)
        sheen = gloss * p[f"key_{lamp}"] * (0.6 + 0.4 * albedo)
        out.append(body + sheen + rim * tint * (0.30 + 0.7 * albedo))
    return out[0], out[1], out[2]


def backdrop(u: Tensor, v: Tensor, p: Params) -> Color:
    """Linear backdrop at picture coordinates in [-1, 1], v upward."""
    r = u * u + (v - 0.1) ** 2
    glow = 1.12 - 0.40 * (r / 1.6).clamp(max=1.3) + 0.10 * v + 0.06 * u * p["light_x"]
    base = _named(p, "back")
    return (base[0] * glow, base[1] * glow * 0.99, base[2] * glow)


def develop(linear: Tensor) -> Tensor:
    """Filmic tone curve and gamma of linear light, to [0, 1]."""
    x = linear.clamp(min=0.0) * 0.57
    filmic = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)
    return filmic.clamp(0.0, 1.0) ** (1.0 / 2.2)
