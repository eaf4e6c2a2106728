"""From a run's configuration to its networks, optimisers and arithmetic."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from latentstudio.generators.dcgan import DCGAN
from latentstudio.generators.progan import ProGAN
from latentstudio.generators.protocol import Generator
from latentstudio.generators.stylegan import StyleGAN
from latentstudio.generators.stylegan2 import StyleGAN2
from trainer.config import Preset, RunConfig
from trainer.discriminators.dcgan import DCGANDiscriminator
from trainer.discriminators.progan import ProGANDiscriminator
from trainer.discriminators.stylegan2 import StyleGAN2Discriminator
from trainer.errors import TrainingError
from trainer.losses import lazy_factor
from trainer.schedule import growth_at, rate_at
from trainer.spectral import spectral_normalize
from trainer.state import TrainingState

GENERATORS: dict[str, type[nn.Module]] = {
    "dcgan": DCGAN,
    "progan": ProGAN,
    "stylegan": StyleGAN,
    "stylegan2": StyleGAN2,
}
DISCRIMINATORS: dict[str, type[nn.Module]] = {
    "dcgan": DCGANDiscriminator,
    "progan": ProGANDiscriminator,
    "stylegan2": StyleGAN2Discriminator,
}


def build_generator(config: RunConfig, channels: int, num_classes: int = 0) -> Generator:
    """A fresh generator on the CPU, its weights drawn from torch's random state.

    Parameters
    ----------
    config
        Of the run.
    channels
        Of the pictures: 1, 3 or 4.
    num_classes
        Classes that the generator is told; 0 for none.

    Raises
    ------
    TrainingError
        If the family is unknown or refuses its arguments.
    """
    preset = config.preset
    args = preset.generator_args
    if preset.grow_from:
        args = {**args, "growing": True}
    generator = _construct(GENERATORS, preset.generator, config, channels, num_classes, args)
    assert isinstance(generator, Generator)
    return generator


def build_discriminator(config: RunConfig, channels: int, num_classes: int = 0) -> nn.Module:
    """A fresh discriminator on the CPU; parameters as in :func:`build_generator`."""
    preset = config.preset
    args = preset.discriminator_args
    if preset.grow_from:
        args = {**args, "growing": True}
    network = _construct(DISCRIMINATORS, preset.discriminator, config, channels, num_classes, args)
    return spectral_normalize(network) if preset.spectral else network


def build_state(config: RunConfig, channels: int, num_classes: int = 0) -> TrainingState:
    """Networks and optimisers at the start of a run, on its device.

    Sets torch's global random state from the configuration's seed.
    """
    torch.manual_seed(config.seed)
    device = torch.device(config.device)
    generator = build_generator(config, channels, num_classes).to(device).train()
    discriminator = build_discriminator(config, channels, num_classes).to(device).train()
    average = copy.deepcopy(generator).eval().requires_grad_(False)
    preset = config.preset
    regular = preset.gamma > 0 or preset.gamma_fake > 0
    state = TrainingState(
        generator=generator,
        average=average,
        discriminator=discriminator,
        opt_g=_adam(generator, preset, preset.pl_interval if preset.pl_weight > 0 else 0),
        opt_d=_adam(discriminator, preset, preset.r1_interval if regular else 0),
        path_mean=torch.zeros((), device=device),
        augment_p=torch.zeros((), device=device),
    )
    state.grow(growth_at(preset, config.resolution, 0))
    return state


def check_device(config: RunConfig) -> None:
    """Make sure that the run's device is there.

    Raises
    ------
    TrainingError
        If it is not.
    """
    try:
        torch.empty(1, device=config.device)
    except (RuntimeError, AssertionError) as error:
        first = str(error).strip().splitlines()[0]
        raise TrainingError(f"--device {config.device} cannot be used: {first}") from error


def set_learning_rates(state: TrainingState, config: RunConfig) -> float:
    """Set both optimisers' learning rates for the state's position in the run.

    Returns
    -------
    float
        The factor on the full rates: 1, then falling linearly to 0 over the last part.
    """
    preset = config.preset
    factor = rate_at(config, state.images)
    for optimizer, rate in ((state.opt_g, preset.lr_g), (state.opt_d, preset.lr_d)):
        for group in optimizer.param_groups:
            group["lr"] = rate * group["lazy"] * factor
    return factor


def use_bf16(config: RunConfig) -> bool:
    """Whether the run computes in bfloat16 (weights and optimisers stay float32)."""
    if config.bf16 != "auto":
        return config.bf16 == "on"
    if config.device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    # Emulated bfloat16 is slower than float32: only where the processor has it.
    able = torch.cpu.get_capabilities()
    return config.device == "cpu" and bool(able.get("amx_bf16") or able.get("avx512_bf16"))


def _adam(network: nn.Module, preset: Preset, interval: int) -> torch.optim.Adam:
    lazy = lazy_factor(interval) if interval > 1 else 1.0
    betas = (preset.betas[0] ** lazy, preset.betas[1] ** lazy)
    group = {"params": list(network.parameters()), "lazy": lazy}
    return torch.optim.Adam([group], lr=preset.lr_g, betas=betas, eps=1e-8, fused=True)


def _construct(
    families: dict[str, type[nn.Module]],
    name: str,
    config: RunConfig,
    channels: int,
    num_classes: int,
    args: dict[str, Any],
) -> nn.Module:
    if name not in families:
        raise TrainingError(f"There is no network {name!r}.")
    family: Any = families[name]
    try:
        network: nn.Module = family(
            resolution=config.resolution, channels=channels, num_classes=num_classes, **args
        )
    except (TypeError, ValueError) as error:
        raise TrainingError(f"The network {name} refuses its settings: {error}.") from error
    return network
