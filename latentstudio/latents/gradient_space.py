"""The coordinates in which an edit by gradient walks: every step of length 1 is one deviation.

In z the prior is even in all directions already. In w single directions vary a hundred times as
much as others: along its principal axes, each divided by its standard deviation, Euclidean length
is Mahalanobis distance, and the steepest way is the one that stays likely.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import torch
from torch import Tensor

from latentstudio.generators.protocol import Generator
from latentstudio.latents.principal import PrincipalAxes, principal_axes

Space = Literal["z", "w", "w+"]
SHRINK = 0.01  # of the samples, as the penalty of a regression
LEAST = 0.01  # of the largest deviation: what varies less is treated as varying so much


class Coordinates:
    """Displacements ``u`` [n, rows, d] of points, and the pictures they lead to.

    Parameters
    ----------
    generator
        In evaluation mode.
    start
        z [n, z_dim] in ``z``, else the ws that are drawn [n, num_layers, w_dim]. One start, with
        one label, serves any number of displacements.
    space
        ``z``; ``w``: one row for all of the layers; ``w+``: a row for each.
    first, stop
        Layers that are displaced, in w and w+.
    label, psi, cutoff
        Of the mapping, in z.
    settings
        Keyword arguments of ``synthesize``.
    axes
        Principal axes of w; computed here, slowly, when None.
    """

    def __init__(
        self,
        generator: Generator,
        start: Tensor,
        space: Space,
        *,
        first: int = 0,
        stop: int | None = None,
        label: Tensor | None = None,
        psi: float = 1.0,
        cutoff: int | None = None,
        settings: dict[str, Any] | None = None,
        axes: PrincipalAxes | None = None,
    ) -> None:
        self.generator, self.start, self.space = generator, start.detach().clone(), space
        self.layers = range(generator.num_layers)[first:stop]
        self.label, self.psi, self.cutoff = label, psi, cutoff
        self.settings = settings or {}
        self.dim = start.shape[-1]
        self.rows = len(self.layers) if space == "w+" else 1
        self.basis: Tensor | None = None  # [d, d]; None is the identity
        self._mean = start.new_zeros(self.dim)
        if space != "z" and generator.has_mapping:
            axes = axes or principal_axes(generator)
            sigma = axes.sigma.clamp_min(LEAST * float(axes.sigma.max()))
            self.basis = (axes.components * sigma[:, None]).to(start)
            self._mean = axes.mean.to(start)
        self.origin = self._origin()

    @property
    def typical(self) -> float:
        """How far from the middle points usually lie."""
        return math.sqrt(self.dim)

    def zeros(self) -> Tensor:
        """No displacement: [n, rows, d]."""
        return self.start.new_zeros(len(self.start), self.rows, self.dim)

    def images(self, u: Tensor) -> Tensor:
        """The pictures [n, channels, H, W] at displacements, differentiable."""
        offset = u if self.basis is None else u @ self.basis
        if self.space == "z":
            label = self.label
            if label is not None:
                label = label.expand(len(u), *label.shape[1:])
            ws = self.generator.map(self.start + offset[:, 0], label)
            ws = self.generator.truncate(ws, self.psi, self.cutoff)
        else:
            first, stop = self.layers.start, self.layers.stop
            start = self.start.expand(len(u), -1, -1)
            moved = start[:, first:stop] + offset
            ws = torch.cat([start[:, :first], moved, start[:, stop:]], dim=1)
        return self.generator.synthesize(ws, **self.settings)

    def offset(self, u: Tensor) -> Tensor:
        """As an edit holds it: [n, z_dim], [n, w_dim] or [n, num_layers, w_dim]."""
        offset = u if self.basis is None else u @ self.basis
        if self.space != "w+":
            return offset[:, 0]
        rows = offset.new_zeros(len(u), self.generator.num_layers, self.dim)
        rows[:, self.layers.start : self.layers.stop] = offset
        return rows

    def slopes(self, codes: Tensor, scores: Tensor) -> Tensor:
        """How scores [n, c] go with codes [n, d] in z or w, by ridge: [c, d] per unit of u.

        In w+ that is of all rows together.
        """
        y = self.seen(codes.double())
        y = y - y.mean(dim=0)
        x = scores.double() - scores.double().mean(dim=0)
        inner = y.t() @ y + SHRINK * len(y) * torch.eye(self.dim, dtype=y.dtype, device=y.device)
        solved: Tensor = torch.linalg.solve(inner, y.t() @ x).t()
        return solved.to(self.start)

    def seen(self, points: Tensor) -> Tensor:
        """Points [..., d] of z or w as displacements of the middle: that of w, or 0 in z."""
        if self.basis is None:
            return points
        # Rows of the basis are orthogonal: its inverse is its transpose over their squares.
        basis = self.basis.to(points)
        return (points - self._mean.to(points)) @ (basis / basis.square().sum(1, keepdim=True)).t()

    def _origin(self) -> Tensor:
        """Where the points stand, seen from the middle: [n, rows, d]."""
        if self.space == "z":
            return self.start[:, None]
        rows = self.seen(self.start[:, self.layers.start : self.layers.stop])
        return rows if self.space == "w+" else rows.mean(dim=1, keepdim=True)
