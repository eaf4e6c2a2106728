"""One iteration: what both networks learn from the minibatches of one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from latentstudio.generators.protocol import NoiseMode
from trainer import losses
from trainer.augment import AdaController, Augment
from trainer.config import Preset
from trainer.minibatch import Minibatch
from trainer.parallel import World
from trainer.state import TrainingState

Stats = dict[str, Tensor]


@dataclass(frozen=True)
class Method:
    """What a step needs besides the state: the preset's numbers as working parts.

    Attributes
    ----------
    preset
        The numbers.
    bf16
        Compute forward passes in bfloat16; weights, losses and optimisers stay float32.
    world
        The processes that share the minibatches.
    """

    preset: Preset
    bf16: bool = False
    world: World = World()  # noqa: RUF009 - immutable in effect

    @property
    def loss(self) -> losses.AdversarialLoss:
        """The adversarial loss by name."""
        return losses.LOSSES[self.preset.loss]

    def precision(self, state: TrainingState) -> torch.autocast:
        """The forward passes' arithmetic."""
        return torch.autocast(state.device.type, torch.bfloat16, enabled=self.bf16)


def train_step(state: TrainingState, reals: Sequence[Minibatch], method: Method) -> Stats:
    """Update the discriminator once with each minibatch, then the generator once.

    Parameters
    ----------
    state
        Changed in place, except for its counters.
    reals
        ``n_critic`` minibatches: this process's share, on the state's device.
    method
        The method's parts.

    Returns
    -------
    dict
        Detached scalars by name: losses, and what the discriminator made of the pictures.
    """
    stats: Stats = {}
    for real in reals[:-1]:
        with torch.no_grad():
            fake, codes = draw_fakes(state, len(real.images), method)
        stats |= discriminator_step(state, real, fake, codes, method)
    real = reals[-1]
    # The last fakes serve both networks: drawing afresh would cost one more forward pass.
    fake, codes = draw_fakes(state, len(real.images), method)
    stats |= discriminator_step(state, real, fake.detach(), codes, method)
    stats |= generator_step(state, real, fake, codes, method)
    preset = method.preset
    if preset.pl_weight > 0 and state.step % preset.pl_interval == 0:
        stats |= path_length_step(state, len(real.images), method)
    if method.world.size > 1:
        method.world.average_buffers(state.generator)
        method.world.average_buffers(state.discriminator)
    return stats


def draw_fakes(state: TrainingState, n: int, method: Method) -> tuple[Tensor, Tensor | None]:
    """Pictures of random points [n, channels, r, r], and their one-hot classes, if any."""
    codes = draw_codes(state, n, method.world)
    with method.precision(state):
        ws = draw_ws(state, n, codes, method)
        fake = state.generator.synthesize(ws, noise=noise_mode(state, method.preset))
    return fake.float(), codes


def draw_codes(state: TrainingState, n: int, world: World) -> Tensor | None:
    """Uniformly drawn classes, one-hot [n, num_classes]; None without classes."""
    count = state.generator.num_classes
    if count == 0:
        return None
    return one_hot(world.randint(0, count, n, state.device), count).float()


def draw_ws(state: TrainingState, n: int, codes: Tensor | None, method: Method) -> Tensor:
    """Latent rows of random samples, some crossing from one latent point to another.

    Parameters
    ----------
    state
        Its generator maps the points, which come from torch's global random state.
    n
        Samples in this process.
    codes
        Their classes.
    method
        Gives the probability that a sample takes its later layers from a second point,
        beginning at a uniformly drawn layer (Karras et al. 2019, section 3.1).

    Returns
    -------
    Tensor
        [n, num_layers, w_dim].
    """
    generator, world, device = state.generator, method.world, state.device
    mixing, layers = method.preset.mixing, generator.num_layers
    ws = generator.map(world.randn(n, generator.z_dim, device=device), codes)
    if mixing <= 0 or layers < 2:
        return ws
    other = generator.map(world.randn(n, generator.z_dim, device=device), codes)
    crossing = world.randint(1, layers, n, device)[:, None]
    unmixed = world.rand(n, device=device)[:, None] >= mixing
    late = torch.arange(layers, device=device) >= crossing.masked_fill(unmixed, layers)
    return torch.where(late[:, :, None], other, ws)


def discriminator_step(
    state: TrainingState, real: Minibatch, fake: Tensor, codes: Tensor | None, method: Method
) -> Stats:
    """Teach the discriminator to tell real from generated pictures, and keep it tame."""
    preset, discriminator = method.preset, state.discriminator
    discriminator.requires_grad_(True)
    truth = _codes_of(real, state)
    with method.precision(state):
        # Apart, never in one batch: minibatch statistics must not mix real and fake.
        shown_real = augmented(state, real.images, method)
        shown_fake = augmented(state, fake, method)
        real_logits = discriminator(shown_real, truth)
        fake_logits = discriminator(shown_fake, codes)
    loss = method.loss.discriminator(real_logits, fake_logits)
    stats = {"loss_d": loss.detach()}
    if preset.drift > 0:
        loss = loss + losses.drift_loss(real_logits, preset.drift)
    if preset.gp_weight > 0:
        eps = method.world.rand(len(fake), device=state.device)[:, None, None, None]
        between = losses.interpolate(shown_real, shown_fake, eps)
        with method.precision(state):
            logits = discriminator(between, truth)
        penalty = losses.unit_gradient_penalty(logits, between)
        loss = loss + losses.wgan_gp_loss(penalty, preset.gp_weight)
        stats["penalty"] = penalty.detach().mean()
    _descend(state.opt_d, loss, method.world)
    if (preset.gamma > 0 or preset.gamma_fake > 0) and state.step % preset.r1_interval == 0:
        stats |= flatten_step(state, real, fake, codes, method)
    if preset.clip > 0:
        losses.clip_weights_(discriminator, preset.clip)
    real_logits, fake_logits = real_logits.detach().float(), fake_logits.detach().float()
    return stats | {
        "logit_real": real_logits.mean(),
        "logit_fake": fake_logits.mean(),
        "sign_real": real_logits.sign().mean(),
        "sign_fake": fake_logits.sign().mean(),
        # Spread over the minibatch, averaged over pixels: it falls when samples grow alike.
        "spread_real": real.images.std(dim=0, correction=0).mean(),
        "spread_fake": fake.std(dim=0, correction=0).mean(),
    }


def flatten_step(
    state: TrainingState, real: Minibatch, fake: Tensor, codes: Tensor | None, method: Method
) -> Stats:
    """Flatten the discriminator around real pictures (R1) and generated ones (R2)."""
    preset, stats = method.preset, {}
    sides = (
        ("penalty", preset.gamma, real.images, _codes_of(real, state)),
        ("penalty_fake", preset.gamma_fake, fake, codes),
    )
    share = (state.growth.resolution / state.generator.resolution) ** 2
    share = share if preset.gamma_grows else 1.0
    total = torch.zeros((), device=state.device)
    for name, gamma, images, classes in sides:
        if gamma > 0:
            inputs = images.detach().requires_grad_(True)
            with method.precision(state):
                logits = state.discriminator(augmented(state, inputs, method), classes)
            penalty = losses.gradient_penalty(logits, inputs)
            total = total + losses.r1_loss(penalty, gamma * share, preset.r1_interval)
            stats[name] = penalty.detach().mean()
    _descend(state.opt_d, total, method.world)
    return stats


def generator_step(
    state: TrainingState, real: Minibatch, fake: Tensor, codes: Tensor | None, method: Method
) -> Stats:
    """Teach the generator to pass for real; ``fake`` carries its graph."""
    # Frozen: the gradient passes through the discriminator and leaves none in its weights.
    state.discriminator.requires_grad_(False)
    real_logits = None
    with method.precision(state):
        logits = state.discriminator(augmented(state, fake, method), codes)
        if method.loss.paired:
            shown = augmented(state, real.images, method)
            real_logits = state.discriminator(shown, _codes_of(real, state))
    loss = method.loss.generator(logits, real_logits)
    _descend(state.opt_g, loss, method.world)
    return {"loss_g": loss.detach()}


def path_length_step(state: TrainingState, n: int, method: Method) -> Stats:
    """Even out how far pictures move for a step in w; on half a minibatch, in float32."""
    preset, world, n = method.preset, method.world, max(1, n // 2)
    ws = draw_ws(state, n, draw_codes(state, n, world), method)
    images = state.generator.synthesize(ws, noise=noise_mode(state, preset))
    direction = world.randn(*images.shape, device=state.device)
    lengths = losses.path_lengths(images, ws, direction)
    loss, state.path_mean = losses.path_length_loss(
        lengths,
        state.path_mean,
        preset.pl_weight,
        preset.pl_interval,
        batch_mean=world.mean(lengths.mean()),
    )
    _descend(state.opt_g, loss, world)
    return {"path_length": lengths.detach().mean()}


def augmented(state: TrainingState, images: Tensor, method: Method) -> Tensor:
    """Pictures as the discriminator is shown them: transformed with the adapted probability."""
    if method.preset.ada_target <= 0:
        return images
    with torch.autocast(state.device.type, enabled=False):
        size = method.world.size
        augment = Augment(method.preset.ada_kinds)
        params = augment.sample(len(images) * size, float(state.augment_p))
        shown: Tensor = augment(images.float(), params[method.world.rank :: size])
        return shown


def adapt_augmentation(state: TrainingState, sign: Tensor, images: int, preset: Preset) -> None:
    """Move the probability of augmentation after a step.

    Parameters
    ----------
    state
        Holds the probability.
    sign
        Mean sign of the real pictures' logits, over all processes.
    images
        Real pictures of the step.
    preset
        Gives the target and the speed.
    """
    controller = AdaController(preset.ada_target, preset.ada_kimg, float(state.augment_p))
    state.augment_p.fill_(controller.update(float(sign), images))


def noise_mode(state: TrainingState, preset: Preset) -> NoiseMode:
    """Fresh noise in every picture, once the run is far enough for it."""
    return "random" if state.images >= preset.noise_kimg * 1000 else "none"


def _codes_of(real: Minibatch, state: TrainingState) -> Tensor | None:
    if real.classes is None or state.generator.num_classes == 0:
        return None
    return one_hot(real.classes, state.generator.num_classes).float()


def _descend(optimizer: torch.optim.Adam, loss: Tensor, world: World) -> None:
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    world.average_gradients(p for group in optimizer.param_groups for p in group["params"])
    optimizer.step()
