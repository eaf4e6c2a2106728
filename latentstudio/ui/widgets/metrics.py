"""The grid that everything stands on: multiples of four pixels."""

from __future__ import annotations

STEP = 4
GAP = 2 * STEP
MARGIN = 3 * STEP
ROW = 6 * STEP
LABEL_COLUMN = 16 * STEP
FIELD = 14 * STEP
RADIUS = 3
