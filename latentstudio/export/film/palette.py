"""A few colours for a picture, and which of them stands for each pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def palette(pixels: NDArray[np.uint8], colors: int) -> NDArray[np.uint8]:
    """Choose colours for a picture.

    Median cut (Heckbert, "Color image quantization for frame buffer display", SIGGRAPH 1982,
    section 3.3), but each box is cut at its mean, across its channel of largest variance, and all
    boxes of a round at once: the last round cuts those that gain most. All sums are whole numbers,
    so that equal pictures have equal colours on every machine.

    Parameters
    ----------
    pixels
        uint8 [..., 3], up to 65536 of them; it costs by their number.
    colors
        1 to 256.

    Returns
    -------
    NDArray[np.uint8]
        [n, 3], n at most ``colors``: all colours there are where they are no more.
    """
    values = pixels.reshape(-1, 3).astype(np.int64)
    # Box after box, so that one call sums within all of them: colours, and their squares.
    table = np.concatenate([values, values**2], 1)
    edges = np.array([0, len(table)])
    while True:
        counts = (edges[1:] - edges[:-1])[:, None]
        sums = np.add.reduceat(table, edges[:-1])
        means = sums[:, :3] / counts
        spreads = (sums[:, 3:] * counts - sums[:, :3] ** 2) // counts
        gains, channels = spreads.max(1), spreads.argmax(1)
        cut = np.zeros(len(counts), bool)
        cut[(-gains).argsort(kind="stable")[: colors - len(counts)]] = True
        cut &= gains > 0
        if not cut.any():
            chosen: NDArray[np.uint8] = np.rint(means).astype(np.uint8)
            return chosen
        boxes = np.repeat(np.arange(len(counts)), counts[:, 0])
        channel = channels[boxes]
        above = table[np.arange(len(table)), channel] > means[boxes, channel]
        halves = (2 * boxes + (above & cut[boxes])).astype(np.uint16)  # sorted by radix
        order = halves.argsort(kind="stable")
        table, halves = table[order], halves[order]
        between = np.flatnonzero(halves[1:] != halves[:-1]) + 1
        edges = np.concatenate([[0], between, [len(table)]])


def nearest(pixels: NDArray[np.uint8], colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Find the colour that stands for each pixel.

    Pixels that agree in six bits of each channel share one: the nearest to their middle.

    Parameters
    ----------
    pixels
        uint8 [H, W, 3].
    colors
        uint8 [n, 3], n at most 256.

    Returns
    -------
    NDArray[np.uint8]
        [H, W], numbers of colours.
    """
    red, green, blue = (pixels[:, :, i].astype(np.int32) >> 2 for i in range(3))
    cells = red << 12 | green << 6 | blue
    there = np.zeros(1 << 18, bool)
    there[cells] = True
    used = np.flatnonzero(there)
    middles = 4 * (used[:, None] >> (12, 6, 0) & 63).astype(np.float32) + 1.5
    # |c|^2 - 2 m.c is least where |m - c| is; halves below 2**20: exact in whatever order summed.
    # By hand: threads of a linear algebra library take longer to wake than so little to compute.
    points = colors.astype(np.float32)
    distances = np.tile((points**2).sum(1), (len(used), 1))
    for i in range(3):
        distances -= np.multiply.outer(2 * middles[:, i], points[:, i])
    table = np.zeros(len(there), np.uint8)
    table[used] = distances.argmin(1)
    found: NDArray[np.uint8] = table[cells]
    return found
