"""Milliseconds of a StyleGAN3 frame on the CPU beside the published implementation.

    python tests/benchmarks/bench_stylegan3_frame.py --stylegan3 PATH

PATH is a checkout of github.com/NVlabs/stylegan3, whose networks run as they are, with their
reference operators. Same random weights, one picture, in turns; CPU time. Prints one line of
JSON, in which ``ratio`` is the median over turns of the original's time by ours (float32), and
``difference`` the largest between any two values of the pictures.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from latentstudio.generators.stylegan3 import StyleGAN3

CASES: dict[str, dict[str, Any]] = {
    "T": {"channel_base": 16384},
    "R": {
        "channel_base": 32768,
        "channel_max": 1024,
        "conv_kernel": 1,
        "use_radial_filters": True,
    },
}


def original(checkout: Path, resolution: int, **options: Any) -> Any:
    """The published generator; two modules that it imports are not needed for drawing."""
    sys.path.insert(0, str(checkout))
    sys.modules.setdefault("requests", types.ModuleType("requests"))  # for downloads only
    packaging = types.ModuleType("pkg_resources")
    packaging.parse_version = lambda text: tuple(map(int, text.split("+")[0].split(".")[:2]))  # type: ignore[attr-defined]
    sys.modules.setdefault("pkg_resources", packaging)
    from training import networks_stylegan3  # type: ignore[import-not-found]

    sizes = {"c_dim": 0, "img_resolution": resolution, "img_channels": 3}
    network = networks_stylegan3.Generator(
        z_dim=512, w_dim=512, mapping_kwargs={"num_layers": 2}, **sizes, **options
    )
    return network.eval().requires_grad_(False)


def seconds(draw: Callable[[], Tensor]) -> tuple[float, Tensor]:
    start = time.process_time()
    picture = draw()
    return time.process_time() - start, picture


def compare(checkout: Path, case: str, resolution: int, turns: int) -> dict[str, Any]:
    """Time both, after one frame each to warm up."""
    torch.manual_seed(0)
    theirs = original(checkout, resolution, **CASES[case])
    ours = StyleGAN3(resolution=resolution, **CASES[case]).eval().requires_grad_(False)
    ours.load_state_dict(theirs.state_dict())
    ws = ours.map(ours.sample_z(1, 0))
    times: dict[str, list[float]] = {"original": [], "ours": [], "ours_bf16": []}
    pictures = {}
    for turn in range(turns + 1):
        for name, network in (("original", theirs.synthesis), ("ours", ours.synthesize)):
            taken, pictures[name] = seconds(lambda network=network: network(ws))  # type: ignore[misc]
            times[name].append(taken)
        with torch.autocast("cpu", torch.bfloat16):
            taken, pictures["ours_bf16"] = seconds(lambda: ours.synthesize(ws))
        times["ours_bf16"].append(taken)
        if turn == 0:
            times = {name: [] for name in times}
    result: dict[str, Any] = {"case": f"StyleGAN3-{case} {resolution} px, {CASES[case]}"}
    for name, taken_by in times.items():
        result[f"{name}_ms"] = round(1000 * statistics.median(taken_by))
    for name, key in (("ours", "ratio"), ("ours_bf16", "ratio_bf16")):
        pairs = zip(times["original"], times[name], strict=True)
        result[key] = round(statistics.median(a / b for a, b in pairs), 2)
    difference = (pictures["ours"] - pictures["original"]).abs().max().item()
    near = (pictures["ours_bf16"] - pictures["original"]).square().mean().item()
    spread = pictures["original"].square().mean().item()
    return result | {"difference": difference, "bf16_error": round((near / spread) ** 0.5, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--stylegan3", type=Path, help="checkout of github.com/NVlabs/stylegan3")
    parser.add_argument("--case", choices=sorted(CASES), action="append", help="default: both")
    parser.add_argument("--resolution", type=int, default=256)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if args.stylegan3 is None:
        print("nothing to compare with: give --stylegan3 a checkout of github.com/NVlabs/stylegan3")
        return
    torch.set_num_threads(args.threads)
    results = [
        compare(args.stylegan3, case, args.resolution, args.turns)
        for case in args.case or sorted(CASES, reverse=True)
    ]
    print(json.dumps({"benchmark": "stylegan3_frame", "threads": args.threads, "results": results}))


if __name__ == "__main__":
    main()
