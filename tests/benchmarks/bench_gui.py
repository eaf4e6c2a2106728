"""The window under load: event loop, latest wins, memory and references.

``python tests/benchmarks/bench_gui.py [CHECKPOINT] [--changes 20000]``. Figures are of one run on
one machine; a busy machine makes all of them worse. Uses a real window, offscreen by default.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import msgspec
import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer

from latentstudio.document.recipe import Truncation
from latentstudio.ui.app import _application, _let_go, build
from latentstudio.ui.places import Places

TICK = 0.016


class Ticks(QObject):
    """A precise 16 ms timer in the GUI thread, and the gaps between its beats."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[float] = []
        self._last = 0.0
        self._timer = QTimer(self, interval=16, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def run(self, app, seconds, each):
        self.gaps, self._last = [], time.perf_counter()
        self._timer.start()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            each()
            app.processEvents()
            time.sleep(0.0005)
        self._timer.stop()
        return np.array(self.gaps) * 1000

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now


class Bench:
    def __init__(self, app, window) -> None:
        self.app, self.window = app, window
        self.studio, self.document = window.studio, window.studio.document
        self.count = 0

    def change(self) -> None:
        self.count += 1
        psi = round(-1 + 3 * (self.count % 997) / 997, 4)
        recipe = msgspec.structs.replace(self.document.recipe, truncation=Truncation(psi))
        self.document.change("Truncation", recipe=recipe, merge="bench")

    def settle(self) -> float:
        start = time.perf_counter()
        while True:
            frame = self.window.canvas.frame
            if frame and not frame.preview and frame.recipe == self.document.recipe:
                return time.perf_counter() - start
            self.app.processEvents()
            time.sleep(0.0005)

    def keep_engine_busy(self) -> None:
        """Ask again as soon as an answer has come: the engine never pauses."""
        if self.window.canvas.frame.recipe == self.document.recipe:
            self.change()


def resident() -> float:
    """Megabytes in memory (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", nargs="?")
    parser.add_argument("--changes", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    app = _application()
    window = build(Places.under(Path(tempfile.mkdtemp())))
    window.resize(1600, 1000)
    window.show()
    window.begin([options.checkpoint] if options.checkpoint else [])
    bench, ticks = Bench(app, window), Ticks()
    bench.settle()
    frame_seconds = []
    for _ in range(10):
        bench.change()
        frame_seconds.append(bench.settle())
    print(f"change to screen, one at a time: median {np.median(frame_seconds) * 1e3:.1f} ms")

    for name, each in (("idle", int), ("engine busy", bench.keep_engine_busy)):
        gaps = ticks.run(app, options.seconds, each)
        low, high, top = np.percentile(gaps, [50, 95, 99])
        print(
            f"16 ms ticks, {name}: p50 {low:.1f}  p95 {high:.1f}  p99 {top:.1f}"
            f"  max {gaps.max():.1f} ms (p99 at most 40)"
        )
    bench.settle()

    worst = []
    for _ in range(5):
        for _ in range(200):
            bench.change()
        worst.append(bench.settle() / np.median(frame_seconds))
        time.sleep(0.2)
    print(f"burst of 200, last on screen after {np.median(worst):.2f} frame times (at most 2)")

    for _ in range(500):
        bench.change()
    bench.settle()
    memory, references = resident(), sys.getrefcount(None)
    for number in range(options.changes):
        bench.change()
        if number % 20 == 0:
            app.processEvents()
    bench.settle()
    print(
        f"{options.changes} changes: memory {resident() - memory:+.1f} MB (at most 20),"
        f" references to None {sys.getrefcount(None) - references:+d} (no trend)"
    )
    window.close()
    _let_go(window)


if __name__ == "__main__":
    main()
