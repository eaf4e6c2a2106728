"""Images per second of one full training step: G and D updates with lazy R1.

    python tests/benchmarks/bench_train_step.py stylegan2 --channel-max 128 --batch 16
    python tests/benchmarks/bench_train_step.py dcgan --ngf 64 --dtype float32

Fakes are drawn once for both updates, and D's weights take no gradient in G's update, as a
training loop would do it. The time of R1 counts one step in ``--r1-every``. Each part counts
with its fastest of ``--steps``, in CPU time: other processes only make it slower.
"""

from __future__ import annotations

import argparse
import time
from contextlib import AbstractContextManager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.protocol import Generator
from latentstudio.generators.stylegan2 import StyleGAN2
from trainer.discriminators.dcgan import DCGANDiscriminator
from trainer.discriminators.stylegan2 import StyleGAN2Discriminator


def build(args: argparse.Namespace) -> tuple[Generator, nn.Module]:
    if args.family == "dcgan":
        d_norm = args.r1_every == 0
        g: Generator = DCGAN(args.z_dim, args.resolution, ngf=args.ngf, upsample=args.upsample)
        return g, DCGANDiscriminator(args.resolution, ndf=args.ngf, batch_norm=d_norm)
    g = StyleGAN2(
        args.z_dim,
        args.w_dim,
        args.resolution,
        channel_base=args.channel_base,
        channel_max=args.channel_max,
        mapping_layers=args.mapping_layers,
        use_noise=not args.no_noise,
    )
    d = StyleGAN2Discriminator(
        args.resolution,
        channel_base=args.d_base or args.channel_base,
        channel_max=args.channel_max,
        stem=args.stem,
    )
    return g, d


class Step:
    """The three parts of a training step, timed separately."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.g, self.d = build(args)
        self.batch, self.dtype = args.batch, getattr(torch, args.dtype)
        self.g_opt = torch.optim.Adam(self.g.parameters(), 2e-3, (0.0, 0.99), fused=True)
        self.d_opt = torch.optim.Adam(self.d.parameters(), 2e-3, (0.0, 0.99), fused=True)
        self.ema = [p.detach().clone() for p in self.g.parameters()]
        self.real = torch.rand(args.batch, 3, args.resolution, args.resolution) * 2 - 1

    def autocast(self) -> AbstractContextManager[None]:
        enabled = self.dtype != torch.float32
        return torch.autocast("cpu", torch.bfloat16, enabled=enabled)

    def generate(self) -> Tensor:
        with self.autocast():
            fake: Tensor = self.g(torch.randn(self.batch, self.g.z_dim), noise="random")
        return fake

    def d_step(self, fake: Tensor) -> None:
        self.d.requires_grad_(True)
        self.d_opt.zero_grad(set_to_none=True)
        with self.autocast():
            fake_logits, real_logits = self.d(fake.detach()), self.d(self.real)
        (F.softplus(fake_logits) + F.softplus(-real_logits)).mean().backward()
        self.d_opt.step()

    def g_step(self, fake: Tensor) -> None:
        self.d.requires_grad_(False)
        self.g_opt.zero_grad(set_to_none=True)
        with self.autocast():
            logits = self.d(fake)
        F.softplus(-logits).mean().backward()
        self.g_opt.step()
        torch._foreach_lerp_(self.ema, list(self.g.parameters()), 0.01)

    def r1_step(self) -> None:
        self.d.requires_grad_(True)
        self.d_opt.zero_grad(set_to_none=True)
        real = self.real.clone().requires_grad_(True)
        with self.autocast():
            logits = self.d(real)
        (grad,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
        grad.square().sum(dim=(1, 2, 3)).mean().backward()
        self.d_opt.step()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", nargs="?", choices=["stylegan2", "dcgan"], default="stylegan2")
    parser.add_argument("--resolution", type=int, default=64)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--channel-base", type=int, default=4096)
    parser.add_argument("--channel-max", type=int, default=128)
    parser.add_argument("--d-base", type=int, default=0, help="channel base of D if it differs")
    parser.add_argument("--stem", choices=["residual", "strided"], default="residual")
    parser.add_argument("--z-dim", type=int, default=128)
    parser.add_argument("--w-dim", type=int, default=128)
    parser.add_argument("--mapping-layers", type=int, default=2)
    parser.add_argument("--no-noise", action="store_true")
    parser.add_argument("--ngf", type=int, default=64)
    parser.add_argument("--upsample", choices=["transpose", "resize"], default="transpose")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="bfloat16")
    parser.add_argument("--r1-every", type=int, default=16, help="0 for no R1")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--profile", action="store_true", help="print the costliest operators")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)

    step = Step(args)
    seconds = dict.fromkeys(("generate", "d", "g", "r1"), float("inf"))

    def run(timed: bool) -> None:
        start = time.process_time()
        fake = step.generate()
        after_fake = time.process_time()
        step.d_step(fake)
        after_d = time.process_time()
        step.g_step(fake)
        after_g = time.process_time()
        if args.r1_every:
            step.r1_step()
        end = time.process_time()
        if timed:
            times = (after_fake - start, after_d - after_fake, after_g - after_d, end - after_g)
            for name, value in zip(seconds, times, strict=True):
                seconds[name] = min(seconds[name], value)

    for _ in range(2):
        run(timed=False)
    if args.profile:
        with torch.profiler.profile() as profile:
            fake = step.generate()
            step.d_step(fake)
            step.g_step(fake)
        print(profile.key_averages().table(sort_by="self_cpu_time_total", row_limit=25))
    for _ in range(args.steps):
        run(timed=True)
    r1 = seconds["r1"] / args.r1_every if args.r1_every else 0.0
    total = seconds["generate"] + seconds["d"] + seconds["g"] + r1
    parts = " ".join(f"{name} {value * 1e3:.0f}" for name, value in seconds.items())
    count_g = sum(p.numel() for p in step.g.parameters()) / 1e6
    count_d = sum(p.numel() for p in step.d.parameters()) / 1e6
    print(f"{args.batch / total:.1f} images/s  (ms: {parts}; G {count_g:.2f}M, D {count_d:.2f}M)")


if __name__ == "__main__":
    main()
