"""Images per second of a training step beside the original public implementations.

    python tests/benchmarks/bench_original_step.py --stylegan2-ada PATH --dcgan PATH

PATHs are checkouts of github.com/NVlabs/stylegan2-ada-pytorch (its networks and its
StyleGAN2Loss run as they are; on a CPU they take their own reference operators) and of
github.com/pytorch/examples (the two networks of dcgan/main.py, and its loop restated here).
Same sizes, batch, random pictures and one thread for both; an iteration of each goes through
all parts of a step, and the lazy ones count by their interval: R1 one in 16, path length one in
4 on half a batch. Ours draws the fakes once for both networks. CPU time; one line of JSON, in
which ``ratio`` is the median over turns of ours (float32) by the original's images a second.
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import statistics
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.protocol import Generator
from latentstudio.generators.stylegan2 import StyleGAN2
from trainer import losses
from trainer.discriminators.dcgan import DCGANDiscriminator
from trainer.discriminators.stylegan2 import StyleGAN2Discriminator
from trainer.ema import update_ema

Part = tuple[Callable[[], None], float]
R1_EVERY, PATH_EVERY, MIXING, SIZE = 16, 4, 0.9, 64


def adam(network: nn.Module, betas: tuple[float, float], *, fused: bool) -> torch.optim.Adam:
    return torch.optim.Adam(network.parameters(), lr=2e-4, betas=betas, fused=fused or None)


class Ours:
    """Our step, as trainer/steps.py takes it."""

    def __init__(self, g: Generator, d: nn.Module, real: Tensor, bf16: bool, lazy: bool) -> None:
        self.g, self.d, self.real, self.bf16 = g.train(), d.train(), real, bf16
        self.average = copy.deepcopy(g).eval().requires_grad_(False)
        self.opt_g = adam(g, (0.0, 0.99), fused=True)
        self.opt_d = adam(d, (0.0, 0.99), fused=True)
        self.path_mean = torch.zeros(())
        self.parts: list[Part] = [(self.main, 1.0)]
        if lazy:
            self.parts += [(self.r1, 1 / R1_EVERY), (self.path_length, 1 / PATH_EVERY)]

    def autocast(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.bf16)

    def draw(self, n: int) -> Tensor:
        ws = self.g.map(torch.randn(n, self.g.z_dim))
        if self.g.num_layers < 2:
            return ws
        other = self.g.map(torch.randn(n, self.g.z_dim))
        crossing = torch.randint(1, self.g.num_layers, (n, 1))
        crossing = crossing.masked_fill(torch.rand(n, 1) >= MIXING, self.g.num_layers)
        late = torch.arange(self.g.num_layers) >= crossing
        return torch.where(late[:, :, None], other, ws)

    def main(self) -> None:
        with self.autocast():
            fake = self.g.synthesize(self.draw(len(self.real)), noise="random").float()
        self.d.requires_grad_(True)
        with self.autocast():
            logits = self.d(self.real), self.d(fake.detach())
        descend(self.opt_d, losses.discriminator_loss(*logits))
        self.d.requires_grad_(False)
        with self.autocast():
            judged = self.d(fake)
        descend(self.opt_g, losses.generator_loss(judged))
        update_ema(self.average, self.g, 0.99)

    def r1(self) -> None:
        self.d.requires_grad_(True)
        inputs = self.real.detach().requires_grad_(True)
        with self.autocast():
            logits = self.d(inputs)
        penalty = losses.gradient_penalty(logits, inputs)
        descend(self.opt_d, losses.r1_loss(penalty, 1.0, R1_EVERY))

    def path_length(self) -> None:
        ws = self.draw(len(self.real) // 2)
        lengths = losses.path_lengths(self.g.synthesize(ws, noise="random"), ws)
        loss, self.path_mean = losses.path_length_loss(lengths, self.path_mean, 2.0, PATH_EVERY)
        descend(self.opt_g, loss)


def descend(optimizer: torch.optim.Adam, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    optimizer.step()


class OriginalStyleGAN2:
    """One iteration of the published training loop: its networks and its loss, on the CPU."""

    def __init__(self, checkout: Path, base: int, channel_max: int, real: Tensor) -> None:
        sys.path.insert(0, str(checkout))
        sys.modules.setdefault("requests", types.ModuleType("requests"))  # for downloads only
        from training import loss, networks  # type: ignore[import-not-found]

        width = {"channel_base": base, "channel_max": channel_max}
        common = {"c_dim": 0, "img_resolution": SIZE, "img_channels": 3}
        self.g = networks.Generator(
            z_dim=128,
            w_dim=128,
            mapping_kwargs={"num_layers": 2},
            synthesis_kwargs=width,
            **common,
        )
        self.d = networks.Discriminator(**common, **width)
        for network in (self.g, self.d):
            network.train().requires_grad_(False)
        self.average, self.real = copy.deepcopy(self.g).eval(), real
        self.loss = loss.StyleGAN2Loss(
            "cpu", self.g.mapping, self.g.synthesis, self.d, style_mixing_prob=MIXING, r1_gamma=1
        )
        self.opt = {n: adam(n, (0.0, 0.99), fused=False) for n in (self.g, self.d)}
        self.parts: list[Part] = [
            (self.main, 1.0),
            (lambda: self.phase("Dreg", self.d, R1_EVERY), 1 / R1_EVERY),
            (lambda: self.phase("Greg", self.g, PATH_EVERY), 1 / PATH_EVERY),
        ]

    def phase(self, name: str, network: nn.Module, gain: int) -> None:
        n = len(self.real)
        self.opt[network].zero_grad(set_to_none=True)
        network.requires_grad_(True)
        none = torch.empty(n, 0)
        self.loss.accumulate_gradients(
            phase=name,
            real_img=self.real,
            real_c=none,
            gen_z=torch.randn(n, 128),
            gen_c=none,
            sync=True,
            gain=gain,
        )
        network.requires_grad_(False)
        self.opt[network].step()

    def main(self) -> None:
        self.phase("Gmain", self.g, 1)
        self.phase("Dmain", self.d, 1)
        update_ema(self.average, self.g, 0.99)


class OriginalDCGAN:
    """The networks of the example and one turn of its loop; it keeps no average."""

    def __init__(self, checkout: Path, width: int, real: Tensor) -> None:
        tree = ast.parse((checkout / "dcgan" / "main.py").read_text())
        wanted = ("Generator", "Discriminator", "weights_init")
        tree.body = [node for node in tree.body if getattr(node, "name", "") in wanted]
        scope: dict[str, Any] = {"nn": nn, "torch": torch}
        scope |= {"nz": 100, "ngf": width, "ndf": width, "nc": 3}
        exec(compile(tree, "dcgan", "exec"), scope)  # a script: importing it would train
        self.g, self.d = scope["Generator"](0), scope["Discriminator"](0)
        for network in (self.g, self.d):
            network.apply(scope["weights_init"])
        self.opt_g = adam(self.g, (0.5, 0.999), fused=False)
        self.opt_d = adam(self.d, (0.5, 0.999), fused=False)
        self.real, self.criterion = real, nn.BCELoss()
        self.parts: list[Part] = [(self.main, 1.0)]

    def main(self) -> None:
        n = len(self.real)
        ones, zeros = torch.ones(n), torch.zeros(n)
        self.d.zero_grad()
        self.criterion(self.d(self.real), ones).backward()
        fake = self.g(torch.randn(n, 100, 1, 1))
        self.criterion(self.d(fake.detach()), zeros).backward()
        self.opt_d.step()
        self.g.zero_grad()
        self.criterion(self.d(fake), ones).backward()
        self.opt_g.step()


def seconds(parts: list[Part]) -> float:
    """CPU time of an average step."""
    total = 0.0
    for part, share in parts:
        start = time.process_time()
        part()
        total += (time.process_time() - start) * share
    return total


def compare(case: str, batch: int, steps: dict[str, list[Part]], turns: int) -> dict[str, Any]:
    """Time the steps in turns, after one round to warm up."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(turns + 1):
        for name, parts in steps.items():
            taken = seconds(parts)
            if turn:
                times[name].append(taken)
    result: dict[str, Any] = {"case": case}
    for name, taken_by in times.items():
        result[name] = round(batch / statistics.median(taken_by), 1)
    for name, key in (("ours", "ratio"), ("ours_bf16", "ratio_bf16")):
        pairs = zip(times["original"], times[name], strict=True)
        result[key] = round(statistics.median(a / b for a, b in pairs), 2)
    return result


def stylegan2(checkout: Path, base: int, channel_max: int, batch: int, turns: int) -> Any:
    real = torch.rand(batch, 3, SIZE, SIZE) * 2 - 1
    width: dict[str, Any] = {"channel_base": base, "channel_max": channel_max}
    steps = {"original": OriginalStyleGAN2(checkout, base, channel_max, real).parts}
    for name in ("ours", "ours_bf16"):
        g = StyleGAN2(128, 128, SIZE, mapping_layers=2, **width)
        d = StyleGAN2Discriminator(SIZE, **width)
        steps[name] = Ours(g, d, real, bf16=name == "ours_bf16", lazy=True).parts
    case = f"stylegan2 64 px, base {base}, max {channel_max}, batch {batch}"
    return compare(case, batch, steps, turns)


def dcgan(checkout: Path, width: int, turns: int, batch: int = 64) -> Any:
    real = torch.rand(batch, 3, SIZE, SIZE) * 2 - 1
    steps = {"original": OriginalDCGAN(checkout, width, real).parts}
    for name in ("ours", "ours_bf16"):
        g, d = DCGAN(100, SIZE, ngf=width), DCGANDiscriminator(SIZE, ndf=width)
        steps[name] = Ours(g, d, real, bf16=name == "ours_bf16", lazy=False).parts
    return compare(f"dcgan 64 px, width {width}, batch {batch}", batch, steps, turns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--stylegan2-ada", type=Path, help="checkout of stylegan2-ada-pytorch")
    parser.add_argument("--dcgan", type=Path, help="checkout of pytorch/examples")
    parser.add_argument("--turns", type=int, default=5)
    args = parser.parse_args()
    if args.stylegan2_ada is None and args.dcgan is None:
        print(
            "nothing to compare with: give --stylegan2-ada a checkout of "
            "github.com/NVlabs/stylegan2-ada-pytorch, --dcgan one of github.com/pytorch/examples"
        )
        return
    torch.set_num_threads(1)
    torch.manual_seed(0)
    results = []
    if args.dcgan is not None:
        results += [dcgan(args.dcgan, width, args.turns) for width in (64, 32)]
    if args.stylegan2_ada is not None:
        for base, channel_max, batch in ((1024, 128, 32), (4096, 256, 16)):
            results.append(stylegan2(args.stylegan2_ada, base, channel_max, batch, args.turns))
    print(json.dumps({"benchmark": "original_step", "threads": 1, "results": results}))


if __name__ == "__main__":
    main()
