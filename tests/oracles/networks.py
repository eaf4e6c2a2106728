"""Slow float64 statements of what the networks' layers compute: loops, one sample at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

Array = NDArray[np.float64]


def fir(x: Array, kernel: Array, pad: tuple[int, int], up: int = 1, down: int = 1) -> Array:
    """Zeros between samples, padding, true convolution, decimation: [c, h, w] -> [c, h', w']."""
    channels, height, width = x.shape
    stuffed = np.zeros((channels, height * up, width * up))
    stuffed[:, ::up, ::up] = x
    before, after = pad
    size = (height * up + before + after, width * up + before + after)
    padded = np.zeros((channels, *size))
    for i in range(size[0]):
        for j in range(size[1]):
            if 0 <= i - before < height * up and 0 <= j - before < width * up:
                padded[:, i, j] = stuffed[:, i - before, j - before]
    taps = kernel.shape[0]
    flipped = kernel[::-1, ::-1]
    out = np.zeros((channels, size[0] - taps + 1, size[1] - taps + 1))
    for i in range(out.shape[1]):
        for j in range(out.shape[2]):
            out[:, i, j] = (padded[:, i : i + taps, j : j + taps] * flipped).sum(axis=(1, 2))
    return out[:, ::down, ::down]


def modulated_conv(x: Array, weight: Array, style: Array, kernel: Array | None = None) -> Array:
    """Convolve each sample with weights of its own, demodulated; doubled in size by ``kernel``.

    x [n, in, h, w], weight [out, in, 3, 3], style [n, in] -> [n, out, h or 2h, w or 2w].
    """
    results = []
    for sample, s in zip(x, style, strict=True):
        own = weight * s[None, :, None, None]
        own = own / np.sqrt((own**2).sum(axis=(1, 2, 3), keepdims=True) + 1e-8)
        _, h, w = sample.shape
        if kernel is None:
            padded = np.pad(sample, ((0, 0), (1, 1), (1, 1)))
            y = np.zeros((weight.shape[0], h, w))
            for i in range(h):
                for j in range(w):
                    y[:, i, j] = (own * padded[None, :, i : i + 3, j : j + 3]).sum(axis=(1, 2, 3))
        else:
            y = np.zeros((weight.shape[0], 2 * h + 1, 2 * w + 1))
            for i in range(h):
                for j in range(w):
                    stamp = np.einsum("i,oikl->okl", sample[:, i, j], own)
                    y[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += stamp
            taps = kernel.shape[0]
            y = fir(y, kernel * 4.0, ((taps + 1) // 2 - 1, (taps - 2) // 2))
        results.append(y)
    return np.stack(results)


def dcgan_sequential(z_dim: int, ngf: int, channels: int, state: dict[str, Tensor]) -> nn.Module:
    """A 32 px DCGAN as everybody writes it, with the weights of ``state``."""
    widths = [4 * ngf, 2 * ngf, ngf]
    layers: list[nn.Module] = [nn.ConvTranspose2d(z_dim, widths[0], 4, 1, 0, bias=False)]
    layers += [nn.BatchNorm2d(widths[0]), nn.ReLU()]
    for a, b in ((widths[0], widths[1]), (widths[1], widths[2])):
        layers += [nn.ConvTranspose2d(a, b, 4, 2, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
    layers += [nn.ConvTranspose2d(widths[2], channels, 4, 2, 1), nn.Tanh()]
    network = nn.Sequential(*layers)
    order = ["stem", "stem_norm", "stages.0", "norms.0", "stages.1", "norms.1", "head"]
    holders = [layer for layer in layers if list(layer.parameters())]
    for ours, holder in zip(order, holders, strict=True):
        own = {k.removeprefix(f"{ours}."): v for k, v in state.items() if k.startswith(f"{ours}.")}
        holder.load_state_dict(own)
    return network
