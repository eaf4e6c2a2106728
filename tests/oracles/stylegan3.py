"""Slow float64 statements of what StyleGAN3 computes: loops and full kernels, no shortcuts."""

from __future__ import annotations

import math

import numpy as np

from tests.oracles.networks import Array, fir


def bessel_j1(x: float) -> float:
    """J1 by its power series; good to 1e-12 for x up to 10."""
    terms = range(40)
    series = [(-1.0) ** m / (math.factorial(m) * math.factorial(m + 1)) for m in terms]
    return sum(a * (x / 2) ** (2 * m + 1) for m, a in zip(terms, series, strict=True))


def filtered_lrelu(
    x: Array,
    up_kernel: Array,
    down_kernel: Array,
    up: int,
    down: int,
    pad: tuple[int, int],
    clamp: float,
) -> Array:
    """Zeros between samples, filter, leaky ReLU, clamp, filter, decimation; x [c, h, w]."""
    y = fir(x, up_kernel * up**2, pad, up)
    y = np.clip(np.where(y > 0, y, 0.2 * y) * math.sqrt(2), -clamp, clamp)
    return fir(y, down_kernel, (0, 0), 1, down)


def modulated_conv(x: Array, weight: Array, style: Array, gain: float, demodulate: bool) -> Array:
    """x [in, h, w], weight [out, in, k, k], style [in] -> [out, h + k - 1, w + k - 1]."""
    own = weight * style[None, :, None, None]
    if demodulate:
        own = own / np.sqrt((own**2).sum(axis=(1, 2, 3), keepdims=True))
    k = weight.shape[2]
    padded = np.pad(x * gain, ((0, 0), (k - 1, k - 1), (k - 1, k - 1)))
    size = padded.shape[1] - k + 1
    y = np.zeros((weight.shape[0], size, size))
    for i in range(k):
        for j in range(k):
            y += np.einsum("oi,ihw->ohw", own[:, :, i, j], padded[:, i : i + size, j : j + size])
    return y


def fourier(
    freqs: Array, phases: Array, turn: Array, inverse: Array, size: int, rate: int, cutoff: float
) -> Array:
    """Sines at the pixels of a plane that is turned and shifted: [channels, size, size]."""
    c, s, x, y = turn / math.hypot(turn[0], turn[1])
    rotate = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    shift = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1]])
    motion = rotate @ shift @ inverse
    out = np.zeros((len(freqs), size, size))
    for k, (f, phase) in enumerate(zip(freqs, phases, strict=True)):
        seen = math.hypot(*(f @ motion[:2, :2]))
        amplitude = min(max(1 - (seen - cutoff) / (rate / 2 - cutoff), 0), 1)
        for i in range(size):
            for j in range(size):
                pixel = np.array([(j + 0.5 - size / 2) / rate, (i + 0.5 - size / 2) / rate, 1])
                turns = f @ (motion @ pixel)[:2] + phase
                out[k, i, j] = amplitude * math.sin(2 * math.pi * turns)
    return out


def picture(
    state: dict[str, Array],
    rates: list[tuple[int, int, int]],
    first: tuple[int, int, float],
    ws: Array,
    inverse: Array,
    output_scale: float,
    clamp: float,
) -> Array:
    """Draw one picture from the tensors of ``state``.

    rates: factors of up- and downsampling, and output size, of each synthesis layer but the last;
    first: size, rate and cutoff of the Fourier features; ws [layers, w_dim].
    """

    def affine(name: str, w: Array) -> Array:
        return (
            w @ state[f"{name}.affine.weight"].T / math.sqrt(len(w)) + state[f"{name}.affine.bias"]
        )

    names = list(dict.fromkeys(k.rsplit(".", 1)[0] for k in state if k.endswith("magnitude_ema")))
    at = "synthesis.input"
    x = fourier(state[f"{at}.freqs"], state[f"{at}.phases"], affine(at, ws[0]), inverse, *first)
    x = np.einsum("oi,ihw->ohw", state[f"{at}.weight"], x) / math.sqrt(len(x))
    for name, w, (up, down, size) in zip(names[:-1], ws[1:-1], rates, strict=True):
        gain = 1 / math.sqrt(state[f"{name}.magnitude_ema"])
        x = modulated_conv(x, state[f"{name}.weight"], affine(name, w), gain, demodulate=True)
        x = x + state[f"{name}.bias"][:, None, None]
        kernels = []
        for key in ("up_filter", "down_filter"):
            taps = state.get(f"{name}.{key}", np.ones(1))
            kernels.append(np.outer(taps, taps) if taps.ndim == 1 else taps)
        # What must lie before and after the samples for an output of this size, in halves; with
        # the odd one, and the shift by half a sample that zero insertion causes, before.
        total = (size - 1) * down + 1 + len(kernels[0]) + len(kernels[1]) - 2 - x.shape[1] * up
        before = (total + up) // 2
        rise, fall = kernels
        x = filtered_lrelu(x, rise, fall, up, down, (before, total - before), clamp)
    name = names[-1]
    gain = 1 / math.sqrt(state[f"{name}.magnitude_ema"] * x.shape[0])
    x = modulated_conv(x, state[f"{name}.weight"], affine(name, ws[-1]), gain, demodulate=False)
    return np.clip(x + state[f"{name}.bias"][:, None, None], -clamp, clamp) * output_scale
