"""One optimiser iteration: what both networks learn from one minibatch."""

from __future__ import annotations

import torch
from torch import Tensor

from latentstudio.generators.protocol import Generator, NoiseMode
from trainer import losses
from trainer.presets import Preset
from trainer.state import TrainingState

Stats = dict[str, Tensor]


def train_step(state: TrainingState, real: Tensor, preset: Preset, bf16: bool) -> Stats:
    """Update the discriminator, then the generator, from one minibatch.

    Parameters
    ----------
    state
        Changed in place, except for its counters.
    real
        float32 [n, channels, H, W] in [-1, 1], on the state's device.
    preset
        The method's numbers.
    bf16
        Compute forward passes in bfloat16; weights, losses and optimisers stay float32.

    Returns
    -------
    dict
        Detached scalars by name: losses, and what the discriminator made of the pictures.
    """
    real = real.contiguous(memory_format=torch.channels_last)
    noise = noise_mode(state, preset)
    with _precision(state, bf16):
        ws = draw_ws(state.generator, len(real), preset.mixing)
        fake = state.generator.synthesize(ws, noise=noise).float()
    stats = discriminator_step(state, real, fake.detach(), bf16)
    if preset.gamma > 0 and state.step % preset.r1_interval == 0:
        stats |= r1_step(state, real, preset, bf16)
    # The same pictures serve both networks: drawing afresh would cost one more forward pass.
    stats |= generator_step(state, fake, bf16)
    if preset.pl_weight > 0 and state.step % preset.pl_interval == 0:
        stats |= path_length_step(state, len(real), preset)
    return stats


def draw_ws(generator: Generator, n: int, mixing: float) -> Tensor:
    """Latent rows of random samples, some crossing from one latent point to another.

    Parameters
    ----------
    generator
        Maps the points, which come from torch's global random state.
    n
        Samples.
    mixing
        Probability that a sample takes its later layers from a second point, beginning at a
        uniformly drawn layer (Karras et al. 2019, section 3.1).

    Returns
    -------
    Tensor
        [n, num_layers, w_dim].
    """
    z = torch.randn(n, generator.z_dim, device=generator.device)
    ws = generator.map(z)
    layers = generator.num_layers
    if mixing <= 0 or layers < 2:
        return ws
    other = generator.map(torch.randn_like(z))
    crossing = torch.randint(1, layers, (n, 1), device=ws.device)
    unmixed = torch.rand(n, 1, device=ws.device) >= mixing
    late = torch.arange(layers, device=ws.device) >= crossing.masked_fill(unmixed, layers)
    return torch.where(late[:, :, None], other, ws)


def discriminator_step(state: TrainingState, real: Tensor, fake: Tensor, bf16: bool) -> Stats:
    """Teach the discriminator to tell real from fake pictures, both [n, channels, H, W]."""
    state.discriminator.requires_grad_(True)
    with _precision(state, bf16):
        # Apart, never in one batch: minibatch statistics must not mix real and fake.
        real_logits = state.discriminator(real)
        fake_logits = state.discriminator(fake)
    loss = losses.discriminator_loss(real_logits, fake_logits)
    _descend(state.opt_d, loss)
    real_logits, fake_logits = real_logits.detach().float(), fake_logits.detach().float()
    return {
        "loss_d": loss.detach(),
        "logit_real": real_logits.mean(),
        "logit_fake": fake_logits.mean(),
        "sign_real": real_logits.sign().mean(),
        "sign_fake": fake_logits.sign().mean(),
        # Spread over the minibatch, averaged over pixels: it falls when samples grow alike.
        "spread_real": real.std(dim=0).mean(),
        "spread_fake": fake.std(dim=0).mean(),
    }


def r1_step(state: TrainingState, real: Tensor, preset: Preset, bf16: bool) -> Stats:
    """Flatten the discriminator around real pictures [n, channels, H, W]."""
    state.discriminator.requires_grad_(True)
    inputs = real.detach().requires_grad_(True)
    with _precision(state, bf16):
        logits = state.discriminator(inputs)
    penalty = losses.gradient_penalty(logits, inputs)
    _descend(state.opt_d, losses.r1_loss(penalty, preset.gamma, preset.r1_interval))
    return {"penalty": penalty.detach().mean()}


def generator_step(state: TrainingState, fake: Tensor, bf16: bool) -> Stats:
    """Teach the generator to pass for real; ``fake`` [n, channels, H, W] carries its graph."""
    # Frozen: the gradient passes through the discriminator and leaves none in its weights.
    state.discriminator.requires_grad_(False)
    with _precision(state, bf16):
        logits = state.discriminator(fake)
    loss = losses.generator_loss(logits)
    _descend(state.opt_g, loss)
    return {"loss_g": loss.detach()}


def path_length_step(state: TrainingState, n: int, preset: Preset) -> Stats:
    """Even out how far pictures move for a step in w; on half a minibatch, in float32."""
    ws = draw_ws(state.generator, max(1, n // 2), preset.mixing)
    images = state.generator.synthesize(ws, noise=noise_mode(state, preset))
    lengths = losses.path_lengths(images, ws)
    loss, state.path_mean = losses.path_length_loss(
        lengths, state.path_mean, preset.pl_weight, preset.pl_interval
    )
    _descend(state.opt_g, loss)
    return {"path_length": lengths.detach().mean()}


def noise_mode(state: TrainingState, preset: Preset) -> NoiseMode:
    """Fresh noise in every picture, once the run is far enough for it."""
    return "random" if state.images >= preset.noise_kimg * 1000 else "none"


def _descend(optimizer: torch.optim.Adam, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    optimizer.step()


def _precision(state: TrainingState, bf16: bool) -> torch.autocast:
    return torch.autocast(state.device.type, torch.bfloat16, enabled=bf16)
