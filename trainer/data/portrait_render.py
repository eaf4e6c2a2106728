"""Ray marching of the portrait field: camera, batching, antialiasing and compilation."""

from __future__ import annotations

import functools
import math
import shutil
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from trainer.data import portrait_material, portrait_scene

SAMPLES = 2
CAMERA_Z = 9.5
CENTER_Y = -0.12
HALF_HEIGHT = 1.64
NEAR, FAR = 7.6, 11.6
EPSILON = 0.003
# One compiled size a device; 2048 rays of eager temporaries stay in a core's second-level cache.
CPU_CHUNK, CUDA_CHUNK = 2048, 1 << 18
COARSE = 4
SHADOW_STEPS = 6

_HALF_TAN = HALF_HEIGHT / CAMERA_Z
_Kernel = Callable[..., Any]


def _march(direction: Tensor, t: Tensor, cone: Tensor, par: Tensor, names: tuple[str, ...]) -> Any:
    """Two steps along rays ``[3, m]`` at distances ``t``; stops inside ``cone * t``."""
    p = dict(zip(names, par.unbind(0), strict=True))
    dx, dy, dz = direction.unbind(0)
    d = t
    for _ in range(2):
        d = portrait_scene.distance(dx * t, CENTER_Y + dy * t, CAMERA_Z + dz * t, p)
        d = d - cone * t
        t = t + torch.where((d > EPSILON) & (t < FAR), 0.92 * d, 0.0)
    return t, d


def _distance(points: Tensor, par: Tensor, names: tuple[str, ...]) -> Tensor:
    p = dict(zip(names, par.unbind(0), strict=True))
    return portrait_scene.distance(points[0], points[1], points[2], p)


def _shade(
    points: Tensor, view: Tensor, normal: Tensor, light: Tensor, par: Tensor, names: tuple[str, ...]
) -> Tensor:
    p = dict(zip(names, par.unbind(0), strict=True))
    px, py, pz = points.unbind(0)
    vx, vy, vz = view.unbind(0)
    nx, ny, nz = normal.unbind(0)
    color = portrait_material.shade((px, py, pz), (vx, vy, vz), (nx, ny, nz), light[0], light[1], p)
    return torch.stack(color)


class Kernels:
    """The three field functions, compiled or eager."""

    def __init__(self, compiled: bool) -> None:
        def wrap(function: _Kernel) -> _Kernel:
            if not compiled:
                return function
            wrapped: _Kernel = torch.compile(function, dynamic=False, fullgraph=True)
            return wrapped

        self.march, self.distance, self.shade = wrap(_march), wrap(_distance), wrap(_shade)


@functools.cache
def kernels(compiled: bool) -> Kernels:
    """The kernels, made once for each way of running them."""
    return Kernels(compiled)


@functools.cache
def can_compile() -> bool:
    """Whether a compiler turns a tiny function into code; warns once when it does not."""
    if shutil.which("g++") or shutil.which("clang++") or shutil.which("cl"):
        try:
            probe = torch.compile(lambda x: torch.sin(x) + 1.0, dynamic=False)
            probe(torch.zeros(16))
            return True
        except Exception:  # any failure of the tool chain means the same: run eagerly
            pass
    warnings.warn(
        "No working C++ compiler: portraits are rendered in eager mode, about ten times slower.",
        stacklevel=2,
    )
    return False


class _Batch:
    """Rays of one group of pictures with shared kernels and fixed chunks."""

    def __init__(self, par: Tensor, names: tuple[str, ...], chunk: int, run: Kernels) -> None:
        self.par, self.names, self.chunk, self.run = par, names, chunk, run

    def each(self, kernel: _Kernel, image: Tensor, *rays: Tensor) -> list[Tensor]:
        """Call a kernel on fixed-size chunks of ``[..., m]`` rays; the last one is padded."""
        done: list[list[Tensor]] = []
        m = image.shape[0]
        for start in range(0, m, self.chunk):
            stop = min(start + self.chunk, m)
            pad = self.chunk - (stop - start)
            cut = [_fill(r[..., start:stop], pad) for r in rays]
            # One picture: its parameters broadcast. Several: every ray carries its own.
            par = self.par
            if par.shape[1] > 1:
                par = par[:, _fill(image[start:stop], pad)]
            result = kernel(*cut, par, names=self.names)
            parts = result if isinstance(result, tuple) else (result,)
            done.append([r[..., : stop - start] for r in parts])
        return [torch.cat(column, dim=-1) for column in zip(*done, strict=True)]

    def march(
        self, image: Tensor, direction: Tensor, t: Tensor, cone: Tensor, calls: int, last: bool
    ) -> Tensor:
        """Distances of the surface along rays; rays that miss end beyond ``FAR``."""
        live = torch.arange(t.shape[0], device=t.device)
        now = t
        for _ in range(calls):
            now, rest = self.each(self.run.march, image, direction, now, cone)
            t[live] = now
            going = torch.nonzero((rest > EPSILON) & (now < FAR))[:, 0]
            if going.numel() == 0:
                return t
            live, now, rest = live[going], now[going], rest[going]
            direction, cone = direction.index_select(1, going), cone[going]
            image = image[going] if self.par.shape[1] > 1 else image[: going.numel()]
        # A ray still far from everything has slipped past an edge; one close by has grazed it.
        if last:
            t[live[rest > 0.012]] = FAR
        return t


def _fill(rays: Tensor, pad: int) -> Tensor:
    if pad == 0:
        return rays.contiguous()
    return torch.cat([rays, rays[..., -1:].expand(*rays.shape[:-1], pad)], dim=-1)


@functools.lru_cache(maxsize=8)
def _grid(side: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Picture coordinates in [-1, 1] of the cells of a square grid, v upward."""
    axis = (torch.arange(side, device=device, dtype=torch.float32) + 0.5) * (2.0 / side) - 1.0
    v, u = torch.meshgrid(-axis, axis, indexing="ij")
    return u.reshape(-1), v.reshape(-1)


def _directions(u: Tensor, v: Tensor) -> Tensor:
    d = torch.stack((u * _HALF_TAN, v * _HALF_TAN, -torch.ones_like(u)))
    return d * torch.rsqrt(u * u * _HALF_TAN**2 + v * v * _HALF_TAN**2 + 1.0)


def _group(par: Tensor, names: tuple[str, ...], side: int, chunk: int, run: Kernels) -> Tensor:
    """Linear-light samples ``[g, 3, side, side]`` of the pictures with parameters ``[k, g]``."""
    device, g = par.device, par.shape[1]
    batch = _Batch(par, names, chunk, run)
    coarse = side // COARSE
    # Cones as wide as a coarse cell find where its rays may start, and which cells are empty.
    direction = _directions(*_grid(coarse, device)).repeat(1, g)
    image = torch.arange(g, device=device).repeat_interleave(coarse * coarse)
    t = torch.full((direction.shape[1],), NEAR, device=device)
    cone = torch.full_like(t, 1.1 * math.sqrt(2.0) * _HALF_TAN / coarse)
    t = batch.march(image, direction, t, cone, 6, False)
    t = t.reshape(g, coarse, coarse)
    t = t.repeat_interleave(COARSE, 1).repeat_interleave(COARSE, 2).reshape(g, -1)
    u, v = _grid(side, device)
    fine = _directions(u, v)
    colour = torch.stack(
        portrait_material.backdrop(
            u[None], v[None], dict(zip(names, par[:, :, None].unbind(0), strict=True))
        ),
        dim=1,
    )
    image, ray = torch.nonzero(t < FAR, as_tuple=True)
    direction, start = fine[:, ray], t[image, ray]
    depth = batch.march(image, direction, start, torch.zeros_like(start), 12, True)
    hit = depth < FAR
    image, ray, direction, depth = image[hit], ray[hit], direction[:, hit], depth[hit]
    if ray.numel():
        origin = torch.tensor([0.0, CENTER_Y, CAMERA_Z], device=device)[:, None]
        lit = _surface(batch, image, origin + direction * depth, direction)
        colour[image, :, ray] = lit.T
    return colour.reshape(g, 3, side, side)


def _surface(batch: _Batch, image: Tensor, points: Tensor, direction: Tensor) -> Tensor:
    """Linear colour ``[3, m]`` of surface points."""
    probe = batch.run.distance
    h = 0.006
    corners = torch.tensor(
        [[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]],
        dtype=torch.float32,
        device=points.device,
    ).T
    m = points.shape[1]
    # All taps of all rays in one run of chunks, so that padding is paid once.
    taps = (points[:, None] + h * corners[:, :, None]).reshape(3, -1)
    field = batch.each(probe, image.repeat(4), taps)[0].reshape(4, m)
    normal = corners @ field
    normal = normal * torch.rsqrt((normal * normal).sum(0).clamp(min=1e-16))
    reach = torch.tensor([[0.08], [0.22], [0.5]], device=points.device)
    weight = torch.tensor([[1.6], [0.9], [0.45]], device=points.device)
    taps = (points[:, None] + reach * normal[:, None]).reshape(3, -1)
    gap = batch.each(probe, image.repeat(3), taps)[0].reshape(3, m)
    occlusion = (1.0 - 1.15 * (weight * (reach - gap).clamp(min=0.0)).sum(0)).clamp(min=0.25)
    where = [batch.names.index(f"light_{axis}") for axis in "xyz"]
    light = batch.par[where]
    light = light[:, image] if light.shape[1] > 1 else light.expand(3, m)
    # The lamp is broad: a near miss dims it, and surfaces that face away need no ray at all.
    shadow = torch.ones_like(occlusion)
    ask = torch.nonzero((normal * light).sum(0) > -0.1)[:, 0]
    t = torch.full_like(shadow[ask], 0.06)
    start, toward, who = points[:, ask] + 0.02 * normal[:, ask], light[:, ask], image[ask]
    clear = torch.ones_like(t)
    for _ in range(SHADOW_STEPS):
        gap = batch.each(probe, who, start + toward * t)[0]
        clear = torch.minimum(clear, 5.0 * gap / t)
        t = t + gap.clamp(0.09, 0.45)
    clear = clear.clamp(0.0, 1.0)
    shadow[ask] = 0.30 + 0.70 * clear * clear * (3.0 - 2.0 * clear)
    lights = torch.stack((shadow, occlusion))
    return batch.each(batch.run.shade, image, points, direction, normal, lights)[0]


def render(
    factors: dict[str, Tensor],
    resolution: int,
    *,
    device: str | torch.device = "cpu",
    compiled: bool | None = None,
) -> Tensor:
    """Render portraits.

    Parameters
    ----------
    factors : dict of str to torch.Tensor
        ``[n]`` values for every factor, see ``FACTORS``.
    resolution : int
        Side of the pictures in pixels; a multiple of 2, at least 8.
    device : str or torch.device
        Where to render.
    compiled : bool, optional
        Whether to compile the field; by default where that is possible.

    Returns
    -------
    torch.Tensor
        uint8 ``[n, 3, resolution, resolution]`` on ``device``, sRGB.
    """
    if resolution < 8 or resolution % 2:
        raise ValueError(f"resolution must be an even number of at least 8, not {resolution}")
    target = torch.device(device)
    f = {name: value.cpu() for name, value in factors.items()}
    scene = {**portrait_scene.geometry(f), **portrait_material.colors(f)}
    names = tuple(scene)
    par = torch.stack([scene[name].float() for name in names]).to(target)
    run = kernels(can_compile() if compiled is None else compiled)
    side, n = resolution * SAMPLES, par.shape[1]
    on_cpu = target.type == "cpu"
    chunk = CPU_CHUNK if on_cpu else CUDA_CHUNK
    group = 1 if on_cpu else max(1, (1 << 22) // (side * side))
    out = torch.empty((n, 3, resolution, resolution), dtype=torch.uint8, device=target)
    with torch.no_grad():
        for start in range(0, n, group):
            some = par[:, start : start + group].contiguous()
            shown = portrait_material.develop(_group(some, names, side, chunk, run))
            small = torch.nn.functional.avg_pool2d(shown, SAMPLES)
            out[start : start + group] = (small * 255.0 + 0.5).to(torch.uint8)
    return out
