"""Frames on the screen while psi is dragged, with the Numbers panel open and closed.

    python tests/benchmarks/bench_live_window.py [--rounds 12] [--seconds 2]

The whole window, offscreen, on the bundled StyleGAN2; the panel is opened and closed in turns, so
that a busy machine slows both. Prints one JSON line: the median of the turns' ratios of frames a
second (bar: 0.9), and how many answers a second the panel showed while the hand moved.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import msgspec

from latentstudio.document.recipe import Truncation
from latentstudio.ui.app import _application, _let_go, build
from latentstudio.ui.places import Places

CHECKPOINT = (
    Path(__file__).resolve().parents[2] / "resources/checkpoints/portraits-stylegan2.safetensors"
)
RATE = 1 / 60


def spin(app, seconds, each=lambda: None):
    """Run the event loop, with something to do at 60 Hz."""
    end, due = time.perf_counter() + seconds, 0.0
    while (now := time.perf_counter()) < end:
        if now >= due:
            each()
            due = now + RATE
        app.processEvents()
        time.sleep(0.001)


class Hand:
    """Drags psi up and down."""

    def __init__(self, window) -> None:
        self.document, self.step = window.studio.document, 0

    def __call__(self) -> None:
        self.step += 1
        psi = 0.5 + 0.45 * math.sin(self.step / 40)
        recipe = msgspec.structs.replace(self.document.recipe, truncation=Truncation(psi))
        self.document.change("Truncation", recipe=recipe, merge="bench")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp()
    app = _application()
    window = build(Places.under(Path(tempfile.mkdtemp())))
    window.resize(1440, 900)
    window.show()
    window.begin([str(CHECKPOINT)])
    shown, answered = [], []
    window.studio.shown.connect(shown.append)
    window.studio.numbers.quality_changed.connect(answered.append)
    numbers, source = window.docks["numbers"], window.docks["source"]
    numbers.raise_()
    spin(app, 15)  # the data are opened, the bundled grid is read
    hand, ratios, answers = Hand(window), [], []
    for _ in range(options.rounds):
        rates = {}
        for dock in (source, numbers):
            dock.raise_()
            spin(app, 0.5, hand)
            shown.clear()
            answered.clear()
            spin(app, options.seconds, hand)
            rates[dock] = len(shown) / options.seconds
        answers.append(len(answered) / options.seconds)
        ratios.append(rates[numbers] / rates[source])
    result = {
        "frame_rate_ratio": round(statistics.median(ratios), 3),
        "quartiles": [round(q, 3) for q in statistics.quantiles(ratios, n=4)],
        "frames_per_second": round(rates[source], 1),
        "answers_per_second": round(statistics.median(answers), 1),
    }
    print(json.dumps(result), flush=True)
    window.close()
    _let_go(window)


if __name__ == "__main__":
    main()
