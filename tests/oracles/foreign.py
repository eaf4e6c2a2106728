"""Generators of other programs, written down once more under the original names of their weights.

From the published descriptions of the layouts; plain operators, so that float64 weights give
float64 pictures.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn


def parameter(*shape):
    return nn.Parameter(torch.randn(*shape))


def holder(**tensors):
    """A module that only holds parameters (or, given plain tensors, buffers) by name."""
    module = nn.Module()
    for name, value in tensors.items():
        if isinstance(value, nn.Parameter):
            module.register_parameter(name, value)
        else:
            module.register_buffer(name, value)
    return module


# rosinality's StyleGAN2


class Styled(nn.Module):
    def __init__(self, before, width, w_dim, up):
        super().__init__()
        self.conv = holder(weight=parameter(1, width, before, 3, 3))
        self.conv.modulation = holder(weight=parameter(before, w_dim), bias=parameter(before))
        self.noise = holder(weight=parameter(1))
        self.activate = holder(bias=parameter(width))
        if up:
            self.conv.blur = holder(kernel=binomial())

    def forward(self, x, w, noise):
        weight = modulated(self.conv, w)
        weight = weight / torch.sqrt((weight**2).sum(dim=(2, 3, 4), keepdim=True) + 1e-8)
        rows = []
        for one, kernel in zip(x, weight, strict=True):
            if hasattr(self.conv, "blur"):
                y = F.conv_transpose2d(one[None], kernel.transpose(0, 1), stride=2)
                rows.append(filtered(y, self.conv.blur.kernel, (1, 1)))
            else:
                rows.append(F.conv2d(one[None], kernel, padding=1))
        y = torch.cat(rows) + self.noise.weight * noise + self.activate.bias.view(1, -1, 1, 1)
        return F.leaky_relu(y, 0.2) * math.sqrt(2)


class RGB(nn.Module):
    def __init__(self, width, w_dim, up):
        super().__init__()
        self.conv = holder(weight=parameter(1, 3, width, 1, 1))
        self.conv.modulation = holder(weight=parameter(width, w_dim), bias=parameter(width))
        self.bias = parameter(1, 3, 1, 1)
        if up:
            self.upsample = holder(kernel=binomial())

    def forward(self, x, w, skip):
        weight = modulated(self.conv, w)[:, :, :, 0, 0]
        y = torch.einsum("nchw,noc->nohw", x, weight) + self.bias
        if skip is None:
            return y
        wide = torch.zeros(*skip.shape[:2], *y.shape[2:], dtype=skip.dtype)
        wide[:, :, ::2, ::2] = skip
        return y + filtered(wide, self.upsample.kernel, (2, 1))


class Rosinality(nn.Module):
    """size px; ``widths`` by resolution, here any."""

    def __init__(self, size, w_dim, n_mlp, widths):
        super().__init__()
        self.w_dim = w_dim
        layers = [holder(weight=parameter(w_dim, w_dim) / 0.01) for _ in range(n_mlp)]
        for layer in layers:
            weight = nn.Parameter(layer._buffers.pop("weight"))
            layer.register_parameter("weight", weight)
            layer.register_parameter("bias", parameter(w_dim))
        self.style = nn.ModuleList([nn.Module(), *layers])
        self.input = holder(input=parameter(1, widths[4], 4, 4))
        self.conv1 = Styled(widths[4], widths[4], w_dim, False)
        self.to_rgb1 = RGB(widths[4], w_dim, False)
        self.convs, self.to_rgbs = nn.ModuleList(), nn.ModuleList()
        planes = {"noise_0": torch.randn(1, 1, 4, 4)}
        r = 8
        while r <= size:
            self.convs.append(Styled(widths[r // 2], widths[r], w_dim, True))
            self.convs.append(Styled(widths[r], widths[r], w_dim, False))
            self.to_rgbs.append(RGB(widths[r], w_dim, True))
            planes |= {f"noise_{len(planes) + i}": torch.randn(1, 1, r, r) for i in range(2)}
            r *= 2
        self.noises = holder(**planes)

    def mapping(self, z):
        x = z / torch.sqrt((z**2).mean(dim=1, keepdim=True) + 1e-8)
        for layer in self.style[1:]:
            x = x @ layer.weight.t() * (0.01 / math.sqrt(self.w_dim)) + layer.bias * 0.01
            x = F.leaky_relu(x, 0.2) * math.sqrt(2)
        return x

    def forward(self, ws):
        """ws [n, rows, w_dim]."""
        noises = [getattr(self.noises, f"noise_{i}") for i in range(len(self.convs) + 1)]
        x = self.input.input.expand(len(ws), -1, -1, -1)
        x = self.conv1(x, ws[:, 0], noises[0])
        image = self.to_rgb1(x, ws[:, 1], None)
        for i, conv in enumerate(self.convs):
            x = conv(x, ws[:, i + 1], noises[i + 1])
            if i % 2:
                image = self.to_rgbs[i // 2](x, ws[:, i + 2], image)
        return image


def modulated(conv, w):
    """[n, out, in, k, k]: scaled by 1/sqrt(fan_in), each input by its style."""
    style = w @ conv.modulation.weight.t() / math.sqrt(w.shape[1]) + conv.modulation.bias
    return conv.weight * style[:, None, :, None, None] / math.sqrt(conv.weight[0, 0].numel())


def binomial():
    """1 3 3 1 in two dimensions, of the sum 4."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    return torch.outer(taps, taps) / 16


def filtered(x, kernel, pad):
    channels = x.shape[1]
    x = F.pad(x, (*pad, *pad))
    return F.conv2d(x, kernel.expand(channels, 1, 4, 4).flip(2, 3), groups=channels)


# pytorch_GAN_zoo's PGAN


def constrained(*shape):
    module = nn.Module()
    module.module = holder(weight=parameter(*shape), bias=parameter(shape[0]))
    return module


class PGAN(nn.Module):
    """One width for each scale from 4 px on; He's constant scales sum and bias at run time."""

    def __init__(self, latent, widths, channels=3):
        super().__init__()
        self.formatLayer = constrained(16 * widths[0], latent)
        self.groupScale0 = nn.ModuleList([constrained(widths[0], widths[0], 3, 3)])
        self.scaleLayers = nn.ModuleList(
            nn.ModuleList([constrained(b, a, 3, 3), constrained(b, b, 3, 3)])
            for a, b in pairwise(widths)
        )
        self.toRGBLayers = nn.ModuleList(constrained(channels, a, 1, 1) for a in widths)

    def forward(self, z, tanh=False, equalized=True, scales=None):
        def run(layer, x):
            weight, bias = layer.module.weight, layer.module.bias
            scale = math.sqrt(2 / weight[0].numel()) if equalized else 1.0
            if weight.ndim == 2:
                return (x @ weight.t() + bias) * scale
            return F.conv2d(x, weight, bias, padding=weight.shape[2] // 2) * scale

        def norm(x):
            return x / torch.sqrt((x**2).mean(dim=1, keepdim=True) + 1e-8)

        x = F.leaky_relu(run(self.formatLayer, norm(z)), 0.2)
        x = norm(x.reshape(len(z), -1, 4, 4))
        x = norm(F.leaky_relu(run(self.groupScale0[0], x), 0.2))
        scales = len(self.scaleLayers) if scales is None else scales
        for group in self.scaleLayers[:scales]:
            x = x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
            for layer in group:
                x = norm(F.leaky_relu(run(layer, x), 0.2))
        x = run(self.toRGBLayers[scales], x)
        return torch.tanh(x) if tanh else x


# The DCGANs: pytorch/examples and pytorch_GAN_zoo name the same layers differently


def transposed(a, b, first):
    return nn.ConvTranspose2d(a, b, 4, 1 if first else 2, 0 if first else 1, bias=False)


class ExampleDCGAN(nn.Module):
    """``widths`` from 4 px on."""

    def __init__(self, nz, widths, nc):
        super().__init__()
        layers = []
        for i, (a, b) in enumerate(zip([nz, *widths], [*widths, nc], strict=True)):
            layers += [transposed(a, b, i == 0), nn.BatchNorm2d(b), nn.ReLU()]
        self.main = nn.Sequential(*layers[:-2], nn.Tanh())

    def forward(self, z):
        return self.main(z[:, :, None, None])


class ZooDCGAN(nn.Module):
    """``widths`` from 4 px on."""

    def __init__(self, nz, widths, nc):
        super().__init__()
        self.formatLayer = transposed(nz, widths[0], True)
        self.main = nn.Sequential()
        for i, b in enumerate(widths):
            if i:
                self.main.add_module(f"convTranspose{i}", transposed(widths[i - 1], b, False))
            self.main.add_module(f"batchNorm{i}", nn.BatchNorm2d(b))
            self.main.add_module(f"relu{i}", nn.ReLU())
        self.main.add_module("outlayer", transposed(widths[-1], nc, False))

    def forward(self, z, tanh=True):
        x = self.main(self.formatLayer(z[:, :, None, None]))
        return torch.tanh(x) if tanh else x


def randomised(network, seed):
    """The network in evaluation mode, with random statistics where it has batch norms."""
    stream = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.bias, module.running_mean):
                tensor.data.normal_(generator=stream)
            module.running_var.uniform_(0.5, 2.0, generator=stream)
            module.num_batches_tracked.fill_(100)
    return network.eval().requires_grad_(False)
