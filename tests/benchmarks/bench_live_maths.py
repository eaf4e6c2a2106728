"""What live numbers cost, beside the batch, and how far interpolated ones are off.

``python tests/benchmarks/bench_live_maths.py [--runs 9] [--samples 512] [--reals FILE.npz]``: one
thread, medians of processor time. The second part draws the bundled StyleGAN2 at ψ 0, 0.1 … 1 and
half way at three places (two minutes); ``--samples 0`` leaves it out.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from latentstudio.checkpoints.store import load_generator
from latentstudio.document.sampling import Sampling
from latentstudio.metrics.frechet import Statistics
from latentstudio.metrics.live.psi_grid import PsiGrid
from latentstudio.metrics.live.running import RunningQuality
from latentstudio.metrics.quality import Quality, generate_features, score
from latentstudio.metrics.real_side import RealSide
from latentstudio.metrics.reals import open_reals
from latentstudio.metrics.spaces.features import load_features

RESOURCES = Path(__file__).parents[2] / "resources"
NODES = [k / 10 for k in range(11)]


def cloud(n: int, d: int, seed: int) -> Tensor:
    """About as clustered as features of pictures: ten wide directions, then ever smaller ones."""
    random = torch.Generator().manual_seed(seed)
    spread = (1 + torch.arange(d) / 10.0) ** -1.5
    return torch.randn(n, d, generator=random) * spread


def clock(action: Callable[[], object], runs: int) -> float:
    """Median milliseconds of the processor."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return 1e3 * statistics.median(times)


def costs(d: int, n: int, runs: int) -> None:
    rows = cloud(max(n, d + 1) + 100, d, 0)
    real = RealSide("cloud", "", "", Statistics.of(rows), rows)
    base, twist = cloud(n, d, 1), 0.1 * cloud(n, d, 2)
    real.radii(n)
    batch = clock(lambda: score(real, base), max(3, runs // 3))

    running = RunningQuality(real)
    running.add(base[: n - 32 * runs])
    parts = iter(torch.split(base[n - 32 * runs :], 32))
    grown = clock(lambda: running.add(next(parts)), runs)
    read = clock(running.quality, runs)

    grid = PsiGrid(real, [0.7, 0.8, 0.9], size=n)
    for k, psi in enumerate(grid.nodes):
        grid.put(k, 0, psi * base + psi * psi * twist)
    grid.quality(0.75)
    steps = []
    while True:
        start = time.process_time()
        if not grid.prepare(0.85):
            break
        steps.append(1e3 * (time.process_time() - start))
    tick = clock(lambda: grid.quality(0.83), runs)
    print(
        f"d {d:4}, n {n:4}: batch {batch:7.1f} ms | add 32 {grown:6.1f}, read {read:6.1f}"
        f" ({batch / (grown + read):4.1f} x) | tick {tick:5.2f} ({batch / tick:5.1f} x),"
        f" next segment {sum(steps):6.1f} in {len(steps)} steps of at most {max(steps):5.1f}"
    )


def bundled(samples: int, reals: Path | None, runs: int) -> None:
    generator = load_generator(RESOURCES / "checkpoints" / "portraits-stylegan2.safetensors")
    features = load_features(RESOURCES / "classifiers" / "portraits.safetensors")
    real = RealSide.load(reals) if reals else open_reals("portraits", features).side

    def drawn(psi: float) -> Tensor:
        return generate_features(generator, features, Sampling().with_psi(psi), samples)

    grid = PsiGrid(real, NODES, size=samples)
    for k, psi in enumerate(NODES):
        grid.put(k, 0, drawn(psi))
    errors(grid, {psi: drawn(psi) for psi in grid.check_psis()}, runs)


def errors(grid: PsiGrid, measured: dict[float, Tensor], runs: int) -> None:
    grid.curve(NODES)
    tick = clock(lambda: grid.curve(NODES), runs) / len(NODES)
    print(f"bundled StyleGAN2, {grid.n} samples: tick {tick:.2f} ms")
    for psi, features in measured.items():
        check = grid.check(psi, features)
        live, exact = grid.quality(psi), check.measured
        ends = [grid.quality(end) for end in (psi - 0.05, psi + 0.05)]
        print(f"psi {psi:.2f}: {told(exact)} measured")
        print(f"          {told(live)} interpolated")
        fid, kid = (sum(getattr(end, name) for end in ends) / 2 for name in ("fid", "kid"))
        print(f"          FID {fid:8.4f}, KID {kid:.6f} between the values at the nodes")


def told(quality: Quality) -> str:
    return (
        f"FID {quality.fid:8.4f} ± {quality.fid_stderr:.3f}, KID {quality.kid:.6f}"
        f" ± {quality.kid_stderr:.6f}, precision {quality.precision:.3f},"
        f" recall {quality.recall:.3f}, density {quality.density:.3f},"
        f" coverage {quality.coverage:.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--samples", type=int, default=512)
    parser.add_argument("--reals", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for d, n in ((96, 1024), (96, 2048), (512, 512), (2048, 512)):
        costs(d, n, options.runs)
    if options.samples:
        bundled(options.samples, options.reals, options.runs)


if __name__ == "__main__":
    main()
