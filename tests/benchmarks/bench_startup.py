"""How soon the window is there, and how soon the picture after torch is.

``python tests/benchmarks/bench_startup.py [CHECKPOINT] [--runs 5]``: each run is a fresh process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

CHILD = """
import json, sys, time
start = float(sys.argv[1])
import os, pathlib, tempfile
from latentstudio.ui.app import _application, _let_go, build
from latentstudio.ui.places import Places
app = _application()
window = build(Places.under(pathlib.Path(tempfile.mkdtemp())))
window.show()
app.processEvents()
window.repaint()
shown = time.time() - start
assert "torch" not in sys.modules
states = {}
window.studio.engine_state.connect(lambda state: states.setdefault(state, time.time() - start))
window.begin([sys.argv[2]] if len(sys.argv) > 2 else [])
while window.canvas.frame is None:
    app.processEvents()
    time.sleep(0.001)
frame = time.time() - start
print(json.dumps({"window": shown, "torch": states["ready"], "picture": frame}))
window.close()
_let_go(window)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", nargs="?")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    environ = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
    rows = []
    for _ in range(options.runs):
        command = [sys.executable, "-c", CHILD, str(time.time())]
        command += [options.checkpoint] if options.checkpoint else []
        out = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
        rows.append(json.loads(out.stdout))
    for name, of, limit in (
        ("process start to window on screen", lambda r: r["window"], 1.5),
        ("torch imported to first picture", lambda r: r["picture"] - r["torch"], 1.0),
        ("process start to first picture", lambda r: r["picture"], None),
    ):
        values = [of(row) for row in rows]
        bound = f" (at most {limit})" if limit else ""
        print(f"{name}: median {statistics.median(values):.2f} s, worst {max(values):.2f}{bound}")


if __name__ == "__main__":
    main()
