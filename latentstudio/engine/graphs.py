"""CUDA graphs: a frame replayed as one launch, with no Python between its kernels."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable

import torch
from torch import Tensor

from latentstudio.engine.cache import LRU
from latentstudio.generators.reuse import weights_token

log = logging.getLogger(__name__)

_WARM_UP = 3  # libraries choose their kernels and allocate before anything is captured
_SHAPES = 4  # graphs for each model; each holds the memory of its features

Synthesize = Callable[[Tensor], Tensor]


class Graphs:
    """Captured synthesis of one generator, by everything that is baked into a graph.

    A picture is captured when its kind is asked for a second time in a row: a drag of a baked-in
    value, such as a noise strength, would otherwise capture every frame.
    """

    def __init__(self) -> None:
        self._captured: LRU[_Graph | None] = LRU(_SHAPES)
        self._last: Hashable = None

    def __call__(
        self, generator: torch.nn.Module, kind: Hashable, ws: Tensor, synthesize: Synthesize
    ) -> Tensor:
        """``synthesize(ws)``, replayed where it can be.

        Parameters
        ----------
        generator
            Whose weights ``synthesize`` reads.
        kind
            All else that the result depends on; two equal kinds may share a graph.
        ws
            [n, num_layers, w_dim].
        synthesize
            Must draw nothing on the CPU, and ask nothing of the device.
        """
        key = (weights_token(generator), kind, ws.shape, ws.dtype)
        again, self._last = key == self._last, key
        if not again and key not in self._captured:
            return synthesize(ws)
        graph = self._captured(key, lambda: _capture(ws, synthesize))
        return synthesize(ws) if graph is None else graph(ws)

    def clear(self) -> None:
        """Free every graph and its memory."""
        self._captured.clear()
        self._last = None


class _Graph:
    """One graph with its static input and output."""

    def __init__(self, ws: Tensor, synthesize: Synthesize) -> None:
        self._input = ws.clone()
        side = torch.cuda.Stream(ws.device)  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream(ws.device))
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP):
                synthesize(self._input)
        torch.cuda.current_stream(ws.device).wait_stream(side)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._output = synthesize(self._input)

    def __call__(self, ws: Tensor) -> Tensor:
        """A picture that is valid until the next call."""
        self._input.copy_(ws)
        self._graph.replay()
        return self._output


def _capture(ws: Tensor, synthesize: Synthesize) -> _Graph | None:
    """A graph; None where the driver or an operator refuses."""
    try:
        return _Graph(ws, synthesize)
    except RuntimeError as error:
        log.warning("this picture cannot be captured as a CUDA graph: %s", error)
        return None
