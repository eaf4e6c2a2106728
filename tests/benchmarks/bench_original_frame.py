"""A StyleGAN2 frame beside the original public implementation, on a CPU.

    python tests/benchmarks/bench_original_frame.py --stylegan2-ada PATH [--size 64 256 512 1024]

PATH is a checkout of github.com/NVlabs/stylegan2-ada-pytorch: its generator runs as it is, with
``force_fp32`` and constant noise, on its own reference operators. Both sides have the same random
weights and draw the same latents in turns within one process, one picture at a time. CPU time;
one line of JSON for each size, in which every ratio is the median over turns of the original's
frame by ours: the exact float32 one, a bfloat16 preview at full resolution (with its PSNR), and
what the engine shows while a hand drags.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from latentstudio.checkpoints.store import save_generator
from latentstudio.document.recipe import Recipe, Truncation
from latentstudio.engine.renderer import Renderer
from latentstudio.generators.stylegan2 import StyleGAN2

BASE = {64: (1024, 64, 64), 256: (16384, 512, 512)}  # channel base, most channels, latents
USUAL = (32768, 512, 512)


def networks(checkout: Path, size: int) -> tuple[torch.nn.Module, StyleGAN2]:
    """The original's generator and ours, with the same random weights."""
    sys.path.insert(0, str(checkout))
    sys.modules.setdefault("requests", types.ModuleType("requests"))  # for downloads only
    from training import networks as original  # type: ignore[import-not-found]

    base, most, latent = BASE.get(size, USUAL)
    torch.manual_seed(0)
    theirs = original.Generator(
        z_dim=latent,
        c_dim=0,
        w_dim=latent,
        img_resolution=size,
        img_channels=3,
        synthesis_kwargs={"channel_base": base, "channel_max": most},
    )
    theirs.eval().requires_grad_(False)
    for name, value in theirs.named_parameters():
        if name.endswith("noise_strength"):
            value.fill_(0.1)
    ours = StyleGAN2(latent, latent, size, channel_base=base, channel_max=most)
    state = {k: v for k, v in theirs.state_dict().items() if not k.endswith("resample_filter")}
    ours.load_state_dict(state)
    ours.settle()
    return theirs, ours.eval().requires_grad_(False)


def taken(draw: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    draw()
    return time.process_time() - start


def psnr(a: Tensor, b: Tensor) -> float:
    """Decibels between two pictures nominally in [-1, 1]."""
    error = (a.clamp(-1, 1).double() - b.clamp(-1, 1).double()).square().mean().item()
    return 10 * math.log10(4 / error) if error else math.inf


def compare(checkout: Path, size: int, turns: int) -> dict[str, Any]:
    """Time all kinds of frames in turns, after one round to warm up."""
    theirs, ours = networks(checkout, size)
    z = ours.sample_z(1, 0)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        path = Path(folder) / "generator.safetensors"
        content = save_generator(path, ours, name="benchmark", data={}, training={})
        renderer = Renderer(lambda _: path, "cpu")
        count = iter(range(10**6))

        def drag() -> Any:
            recipe = Recipe(checkpoint=content, truncation=Truncation(1 - next(count) / 1000))
            return renderer.frame(recipe, preview=True)

        def reduced() -> Tensor:
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
                return ours.synthesize(ours.map(z))

        @torch.inference_mode()
        def exact_frame() -> Tensor:
            return ours.synthesize(ours.map(z))

        @torch.inference_mode()
        def original() -> Any:
            return theirs(z, None, noise_mode="const", force_fp32=True)

        kinds: dict[str, Callable[[], Any]] = {
            "original": original,
            "exact": exact_frame,
            "bf16": reduced,
            "drag": drag,
        }
        pictures = {name: draw() for name, draw in kinds.items()}
        for _ in range(6):  # the engine needs a few frames to find out what is fast
            shown = drag()
        times: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(turns):
            for name, draw in kinds.items():
                times[name].append(taken(draw))
    result: dict[str, Any] = {"size": size}
    result |= {f"{name}_ms": round(1e3 * statistics.median(t), 1) for name, t in times.items()}
    for name in ("exact", "bf16", "drag"):
        pairs = zip(times["original"], times[name], strict=True)
        result[name] = round(statistics.median(a / b for a, b in pairs), 2)
    exact = pictures["exact"]
    difference = (exact - pictures["original"]).abs().max().item()
    shown_as = f"{shown.pixels.shape[0]} px, {shown.precision}"
    return result | {
        "difference": float(f"{difference:.1e}"),
        "bf16_psnr": round(psnr(pictures["bf16"], exact), 1),
        "drag_shows": shown_as,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--stylegan2-ada", type=Path, required=True)
    parser.add_argument("--size", type=int, nargs="+", default=[64, 256, 512, 1024])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for size in options.size:
        turns = options.turns * 8 if size <= 64 else options.turns
        print(json.dumps(compare(options.stylegan2_ada, size, turns)), flush=True)


if __name__ == "__main__":
    main()
