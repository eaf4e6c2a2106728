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

from trainer.data import portrait_material, portrait_params, portrait_scene

SAMPLES = 2
CAMERA_Z = 9.5
CENTER_Y = -0.12
HALF_HEIGHT = 1.64
NEAR, FAR = 7.6, 11.6
EPSILON = 0.003
# 2048 rays of eager temporaries stay in a core's second-level cache; a compiled kernel has none.
# An accelerator needs many rays at once; a million of eager temporaries are about a gigabyte.
EAGER_CHUNK, COMPILED_CHUNK, ACCELERATED_CHUNK = 2048, 1 << 18, 1 << 20
COARSE = 4
SHADOW_STEPS = 6

_HALF_TAN = HALF_HEIGHT / CAMERA_Z
# Kernels for one thread: several cores are used by several processes, and the number of threads
# would otherwise be part of the key under which processes find each other's compiled kernels.
# The instruction set is the processor's: trying each one out costs more than all else to compile,
# and the probe notices a compiler too old for it.
_OPTIONS: dict[str, str | int | bool | Callable[..., Any]] = {
    "cpp.threads": 1,
    "cpp.vec_isa_ok": True,
}
_Kernel = Callable[..., Any]


class Kernels:
    """The two functions of every ray, compiled or eager, of parameters in the order ``names``."""

    def __init__(self, compiled: bool, names: tuple[str, ...]) -> None:
        def field(points: Tensor, par: Tensor) -> tuple[Tensor, Tensor]:
            return portrait_scene.field(points, dict(zip(names, par.unbind(0), strict=True)))

        def shade(rays: Tensor, par: Tensor) -> tuple[Tensor]:
            p = dict(zip(names, par.unbind(0), strict=True))
            return (torch.stack(portrait_material.shade(rays, p)),)

        def wrap(function: _Kernel) -> _Kernel:
            if not compiled:
                return function
            # Dynamic sizes: one graph for any number of rays, so that nothing is padded.
            wrapped: _Kernel = torch.compile(
                function, dynamic=True, fullgraph=True, options=_OPTIONS
            )
            return wrapped

        self.field, self.shade = wrap(field), wrap(shade)
        self.names = names
        self.chunk = COMPILED_CHUNK if compiled else EAGER_CHUNK


@functools.cache
def kernels(compiled: bool, names: tuple[str, ...]) -> Kernels:
    """The kernels, made once for each way of running them."""
    return Kernels(compiled, names)


def _probe(x: Tensor) -> Tensor:
    return torch.sin(x) + 1.0


@functools.cache
def can_compile(device: str = "cpu") -> bool:
    """Whether functions can be compiled for a type of device; warns once where they cannot."""
    on_cpu = device == "cpu"
    if not on_cpu or any(shutil.which(name) for name in ("g++", "clang++", "cl")):
        try:
            with warnings.catch_warnings():  # torch's own, of its own parts; not ours to pass on
                warnings.simplefilter("ignore")
                probe = torch.compile(_probe, dynamic=False, options=_OPTIONS)
                probe(torch.zeros(16, device=device))
            return True
        except Exception:  # any failure of the tool chain means the same: run eagerly
            pass
    tool = "C++ compiler" if on_cpu else f"compiler for {device} devices"
    warnings.warn(
        f"No working {tool}: portraits are rendered in eager mode, many times slower.",
        stacklevel=3,
    )
    return False


class _Batch:
    """Rays of one group of pictures and the kernels that work on them."""

    def __init__(self, par: Tensor, run: Kernels) -> None:
        self.par, self.run = par, run

    def _each(self, kernel: _Kernel, image: Tensor, rays: Tensor) -> tuple[Tensor, ...]:
        """Call a kernel on ``[c, m]`` rays of the pictures ``[m]``, in pieces if they are many."""
        done: list[tuple[Tensor, ...]] = []
        size = self.run.chunk if rays.device.type == "cpu" else ACCELERATED_CHUNK
        for start in range(0, rays.shape[1], size):
            stop = start + size
            who, piece = image[start:stop], rays[:, start:stop]
            lone = piece.shape[1] == 1
            if lone:
                # A compiled kernel takes any number of rays but one.
                who, piece = who.expand(2), piece.expand(-1, 2)
            # One picture: its parameters broadcast. Several: every ray carries its own.
            par = self.par if self.par.shape[1] == 1 else self.par[:, who]
            # A copy, since views would be compiled a second time.
            piece = piece.clone(memory_format=torch.contiguous_format)
            found: tuple[Tensor, ...] = kernel(piece, par)
            done.append(tuple(f[..., :1] for f in found) if lone else found)
        if len(done) == 1:
            return done[0]
        return tuple(torch.cat(column, dim=-1) for column in zip(*done, strict=True))

    def field(self, image: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Distance to the scene and number of the nearest part, ``[m]``, at ``[3, m]`` points."""
        distance, part = self._each(self.run.field, image, points)
        return distance, part

    def shade(self, image: Tensor, rays: Tensor) -> Tensor:
        """Linear colour ``[3, m]``."""
        return self._each(self.run.shade, image, rays)[0]

    def march(
        self, image: Tensor, direction: Tensor, t: Tensor, *, cone: float, rounds: int
    ) -> Tensor:
        """Distances from the camera, starting at ``t``, at which rays meet the surface.

        Rays of half width ``cone`` at unit distance stop short of the surface; rays that miss it
        end beyond ``FAR``.
        """
        origin = _camera(t.device)
        live, now = torch.arange(t.shape[0], device=t.device), t.clone()
        for _ in range(rounds):
            for _ in range(2):
                d = self.field(image, origin + direction * now)[0]
                d -= cone * now
                going = (d > EPSILON) & (now < FAR)
                now += 0.92 * d * going
            t.index_copy_(0, live, now)
            keep = torch.nonzero((d > EPSILON) & (now < FAR))[:, 0]
            if keep.numel() == 0:
                return t
            live, now, rest = live[keep], now[keep], d[keep]
            direction, image = direction.index_select(1, keep), image[keep]
        if cone == 0.0:
            # A ray still far from everything has slipped past an edge; one close by grazed it.
            t[live[rest > 0.012]] = FAR
        return t


@functools.lru_cache(maxsize=4)
def _camera(device: torch.device) -> Tensor:
    return torch.tensor([[0.0], [CENTER_Y], [CAMERA_Z]], device=device)


@functools.lru_cache(maxsize=8)
def _grid(side: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Picture coordinates in [-1, 1] of the cells of a square grid, v upward."""
    axis = (torch.arange(side, device=device, dtype=torch.float32) + 0.5) * (2.0 / side) - 1.0
    v, u = torch.meshgrid(-axis, axis, indexing="ij")
    return u.reshape(-1), v.reshape(-1)


def _directions(u: Tensor, v: Tensor) -> Tensor:
    d = torch.stack((u * _HALF_TAN, v * _HALF_TAN, -torch.ones_like(u)))
    return d * torch.rsqrt(u * u * _HALF_TAN**2 + v * v * _HALF_TAN**2 + 1.0)


def _group(par: Tensor, run: Kernels, side: int) -> Tensor:
    """Linear-light samples ``[g, 3, side, side]`` of the pictures with parameters ``[k, g]``."""
    device, g = par.device, par.shape[1]
    batch = _Batch(par, run)
    coarse = side // COARSE
    # Cones as wide as a coarse cell find where its rays may start, and which cells are empty.
    direction = _directions(*_grid(coarse, device)).repeat(1, g)
    image = torch.arange(g, device=device).repeat_interleave(coarse * coarse)
    t = torch.full((direction.shape[1],), NEAR, device=device)
    cone = 1.1 * math.sqrt(2.0) * _HALF_TAN / coarse
    t = batch.march(image, direction, t, cone=cone, rounds=6).reshape(g, coarse, coarse)
    t = t.repeat_interleave(COARSE, 1).repeat_interleave(COARSE, 2).reshape(g, -1)
    u, v = _grid(side, device)
    p = dict(zip(run.names, par[:, :, None].unbind(0), strict=True))
    colour = torch.stack(portrait_material.backdrop(u[None], v[None], p), dim=1)
    image, ray = torch.nonzero(t < FAR, as_tuple=True)
    direction = _directions(u, v).index_select(1, ray)
    depth = batch.march(image, direction, t[image, ray], cone=0.0, rounds=12)
    hit = torch.nonzero(depth < FAR)[:, 0]
    if hit.numel():
        image, ray, direction = image[hit], ray[hit], direction.index_select(1, hit)
        points = _camera(device) + direction * depth[hit]
        colour[image, :, ray] = _surface(batch, image, points, direction).T
    return colour.reshape(g, 3, side, side)


def _surface(batch: _Batch, image: Tensor, points: Tensor, direction: Tensor) -> Tensor:
    """Linear colour ``[3, m]`` of surface points."""
    h = 0.006
    corners = torch.tensor(
        [[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1], [0, 0, 0]],
        dtype=torch.float32,
        device=points.device,
    ).T
    m = points.shape[1]
    taps = (points[:, None] + h * corners[:, :, None]).reshape(3, -1)
    near, parts = (found.reshape(5, m) for found in batch.field(image.repeat(5), taps))
    normal = corners @ near
    normal = normal * torch.rsqrt((normal * normal).sum(0).clamp(min=1e-16))
    reach = torch.tensor([[0.08], [0.22], [0.5]], device=points.device)
    weight = torch.tensor([[1.6], [0.9], [0.45]], device=points.device)
    taps = (points[:, None] + reach * normal[:, None]).reshape(3, -1)
    gap = batch.field(image.repeat(3), taps)[0].reshape(3, m)
    occlusion = (1.0 - 1.15 * (weight * (reach - gap).clamp(min=0.0)).sum(0)).clamp(min=0.25)
    light = batch.par[[batch.run.names.index(f"light_{axis}") for axis in "xyz"]]
    light = light.expand(3, m) if light.shape[1] == 1 else light[:, image]
    # The lamp is broad: a near miss dims it, and surfaces that face away need no ray at all.
    shadow = torch.ones_like(occlusion)
    ask = torch.nonzero((normal * light).sum(0) > -0.1)[:, 0]
    if ask.numel():
        toward, who = light[:, ask], image[ask]
        start = points[:, ask] + 0.02 * normal[:, ask]
        t = torch.full_like(start[0], 0.06)
        clear = torch.ones_like(t)
        for _ in range(SHADOW_STEPS):
            gap = batch.field(who, start + toward * t)[0]
            clear = torch.minimum(clear, 5.0 * gap / t)
            t += gap.clamp(0.09, 0.45)
        clear = clear.clamp(0.0, 1.0)
        shadow[ask] = 0.30 + 0.70 * clear * clear * (3.0 - 2.0 * clear)
    rays = torch.cat((points, direction, normal, parts[4:], shadow[None], occlusion[None]))
    return batch.shade(image, rays)


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
    scene = {**portrait_params.geometry(f), **portrait_material.colors(f)}
    names = tuple(scene)
    par = torch.stack([scene[name].float() for name in names]).to(target)
    run = kernels(can_compile(target.type) if compiled is None else compiled, names)
    side, n = resolution * SAMPLES, par.shape[1]
    # A core works best on one picture at a time, an accelerator on millions of rays.
    group = 1 if target.type == "cpu" else max(1, (1 << 22) // (side * side))
    out = torch.empty((n, 3, resolution, resolution), dtype=torch.uint8, device=target)
    with torch.no_grad():
        for start in range(0, n, group):
            some = par[:, start : start + group].contiguous()
            shown = portrait_material.develop(_group(some, run, side))
            small = torch.nn.functional.avg_pool2d(shown, SAMPLES)
            out[start : start + group] = (small * 255.0 + 0.5).to(torch.uint8)
    return out
