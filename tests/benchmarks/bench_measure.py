"""``measure`` beside torch-fidelity, on the same generator and the same feature extractor.

    python tests/benchmarks/bench_measure.py [--num 10000] [--threads 1] [--turns 1]

Both sides draw as many samples of the bundled StyleGAN2, embed them with the same extractor
object (the bundled classifier) and report FID, KID, precision and recall (ours also density and
coverage) against the 24,000 bundled portraits. ``torch-fidelity`` is its usual call, which embeds
the data's pictures (from memory here); ``torch-fidelity, reals cached`` has their features at
hand, as ours has. The whole call is timed, from opening files to the
numbers, in one process, in turns; with --threads 2 and more ours draws with as many workers, and
torch-fidelity with as many of torch's threads. One line of JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracles"))

from latentstudio.checkpoints.bundled import resources_folder
from latentstudio.checkpoints.store import load_generator
from latentstudio.document.sampling import Sampling
from latentstudio.metrics.measure.fakes import Drawn
from latentstudio.metrics.measure.plan import Plan
from latentstudio.metrics.measure.run import run
from latentstudio.metrics.reals import Reals, open_reals
from latentstudio.metrics.spaces.features import Features
from latentstudio.metrics.spaces.register import open_space

CHECKPOINT = resources_folder() / "checkpoints" / "portraits-stylegan2.safetensors"
Seconds = tuple[float, float]


def timed(call: Callable[[], Any]) -> tuple[Seconds, Any]:
    """Wall-clock and processor seconds of one call, and what it gave."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = call()
    return (time.perf_counter() - wall, time.process_time() - cpu), result


def ours(space: Features, reals: Callable[[], Reals], n: int, workers: int) -> Any:
    """The call behind ``latentstudio measure``, with nothing kept from before."""
    generator = load_generator(CHECKPOINT)
    sampling = Sampling(generator.content_hash)
    plan = Plan((Drawn(generator, sampling),), space, reals(), n=n, workers=workers)
    return run(plan).qualities[0]


class Data(torch.utils.data.Dataset[Tensor]):
    """The data set in memory: uint8 [n, 3, H, W]."""

    def __init__(self, reals: Reals) -> None:
        assert reals.pictures is not None
        pictures = [reals.pictures.picture(number) for number in range(reals.pictures.count)]
        self.pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: int) -> Tensor:
        return self.pixels[index]


def theirs(space: Features, data: Data, n: int, cache: Path | None) -> Any:
    """torch-fidelity's call; 8-bit pictures go from the generator to the extractor, as it asks."""
    from libraries import library, quiet  # type: ignore[import-not-found]

    fidelity = library("torch_fidelity")
    generator = load_generator(CHECKPOINT)

    class Pictures(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.generator = generator

        def forward(self, z: Tensor) -> Tensor:
            pictures = self.generator(z)
            return pictures.add(1.0).mul_(127.5).round_().clamp_(0.0, 255.0).to(torch.uint8)

    class Extractor(fidelity.FeatureExtractorBase):
        def __init__(self, name: str, features_list: list[str], **_: Any) -> None:
            super().__init__(name, features_list)

        @staticmethod
        def get_provided_features_list() -> tuple[str]:
            return ("embedding",)

        @staticmethod
        def get_default_feature_layer_for_metric(_metric: str) -> str:
            return "embedding"

        @staticmethod
        def can_be_compiled() -> bool:
            return False

        def forward(self, pictures: Tensor) -> tuple[Tensor]:
            return (space(pictures.float().div_(127.5).sub_(1.0)),)

    with contextlib.suppress(Exception):  # from an earlier turn
        fidelity.register_feature_extractor(space.name, Extractor)
    with quiet():
        return fidelity.calculate_metrics(
            input1=fidelity.GenerativeModelModuleWrapper(Pictures(), generator.z_dim, "normal", 0),
            input1_model_num_samples=n,
            input2=data,
            input2_cache_name=cache and "reals",
            cache_root=cache and str(cache),
            save_cpu_ram=False,
            feature_extractor=space.name,
            fid=True,
            kid=True,
            prc=True,
            cuda=False,
            verbose=False,
        )


def main() -> None:
    """Measure both and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    space, n = open_space("auto"), options.num
    reals = open_reals("portraits", space)
    data = Data(reals)
    found: dict[str, Any] = {}
    times: dict[str, list[Seconds]] = {}
    with tempfile.TemporaryDirectory() as folder:
        torch.save(reals.side.rows, Path(folder) / f"reals-{space.name}-features-embedding.pt")
        calls: dict[str, Callable[[], Any]] = {
            "ours": lambda: ours(space, lambda: open_reals("portraits", space), n, options.threads),
            "torch-fidelity": lambda: theirs(space, data, n, None),
            "torch-fidelity, reals cached": lambda: theirs(space, data, n, Path(folder)),
        }
        for _ in range(options.turns):
            for name, call in calls.items():
                seconds, found[name] = timed(call)
                times.setdefault(name, []).append(seconds)
    rates = {
        name: {
            "wall": n / min(wall for wall, _ in turns),
            "cpu": n / min(cpu for _, cpu in turns),
        }
        for name, turns in times.items()
    }
    quality = found.pop("ours")
    result = {
        "num": n,
        "threads": options.threads,
        "images a second": rates,
        "ratio": {
            name: {kind: rates["ours"][kind] / rates[name][kind] for kind in ("wall", "cpu")}
            for name in found
        },
        "ours": {name: getattr(quality, name) for name in ("fid", "kid", "precision", "recall")},
        **found,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
