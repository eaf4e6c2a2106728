"""A cache folder in the making: it grows at its end, and a kill costs the last seconds."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from latentstudio.data.labels import Labels
from latentstudio.data.layout import content_hash, open_images
from trainer.data.labels import write_labels
from trainer.data.layout import HEADER_BYTES, npy_header, write_json
from trainer.data.pipeline import Rows

CHECKPOINT_SECONDS = 2.0


class PartialCache:
    """Appends pictures to a folder until it is whole.

    ``progress.json`` says what is being made, ``done.jsonl`` how far the pixels in
    ``images.part`` are known to have reached the disk; ``dataset.json`` is written last.

    Parameters
    ----------
    folder
        Holds a ``progress.json``.
    shape
        Of one picture: (channels, R, R).

    Attributes
    ----------
    stop
        How many of the wanted pictures are done.
    kept
        How many of them were written.
    skipped
        Place, name and reason of the others.
    """

    def __init__(self, folder: Path, shape: tuple[int, int, int]) -> None:
        self.folder = folder
        self.shape = shape
        self.stop = self.kept = 0
        self.skipped: list[tuple[int, str, str]] = []
        self._unsaved: list[tuple[int, str, str]] = []
        self._size = int(np.prod(shape))
        part, whole = folder / "images.part", folder / "images.npy"
        if whole.exists():  # stopped between the renaming and dataset.json
            whole.replace(part)
        length = part.stat().st_size if part.exists() else 0
        self._read_log(length)
        self._pixels = part.open("r+b" if part.exists() else "w+b")
        self._pixels.truncate(HEADER_BYTES + self.kept * self._size)
        self._pixels.seek(0, os.SEEK_END)
        self._log = (folder / "done.jsonl").open("a", encoding="ascii")
        self._saved = time.monotonic()

    def append(self, rows: Rows) -> None:
        """Write prepared pictures and, every few seconds, that they are safe."""
        self._pixels.write(rows.pixels.tobytes())
        self.stop, self.kept = rows.stop, self.kept + len(rows.pixels)
        self.skipped += rows.skipped
        self._unsaved += rows.skipped
        if time.monotonic() - self._saved > CHECKPOINT_SECONDS:
            self.save()

    def save(self) -> None:
        """Flush the pixels to the disk, then note down how many there are."""
        self._pixels.flush()
        os.fsync(self._pixels.fileno())
        line = {"stop": self.stop, "kept": self.kept, "skipped": self._unsaved}
        self._log.write(json.dumps(line) + "\n")
        self._log.flush()
        self._unsaved = []
        self._saved = time.monotonic()

    def close(self) -> None:
        """Close the files; the folder can be gone on with."""
        self._pixels.close()
        self._log.close()

    def finish(self, wanted: NDArray[np.int64], labels: Labels, info: dict[str, Any]) -> None:
        """Make the folder whole.

        Parameters
        ----------
        wanted
            [n] indices into the source.
        labels
            Of all pictures of the source.
        info
            What ``dataset.json`` says beside count, channels, resolution, hash and attributes.
        """
        shape = (self.kept, *self.shape)
        self._pixels.seek(0)
        self._pixels.write(npy_header(shape))
        self.save()
        self.close()
        left_out = np.array([place for place, _, _ in self.skipped], dtype=np.int64)
        labels = labels.rows(np.delete(wanted, left_out))
        if labels.attributes:
            write_labels(self.folder / "labels.npz", labels)
        (self.folder / "images.part").replace(self.folder / "images.npy")
        sizes = {"count": self.kept, "channels": shape[1], "resolution": shape[2]}
        digest = content_hash(open_images(self.folder))
        attributes = msgspec.to_builtins(labels.attributes)
        write_json(
            self.folder / "dataset.json",
            {**info, **sizes, "sha256": digest, "attributes": attributes},
        )
        for name in ("done.jsonl", "progress.json"):
            (self.folder / name).unlink(missing_ok=True)

    def _read_log(self, length: int) -> None:
        log = self.folder / "done.jsonl"
        lines = log.read_text(encoding="ascii").splitlines() if log.exists() else []
        whole = []
        for text in lines:
            try:
                line = json.loads(text)
            except ValueError:  # the last line, cut short by a kill
                break
            skipped = self.skipped + [tuple(entry) for entry in line["skipped"]]
            if line["kept"] + len(skipped) != line["stop"]:
                break
            if length < HEADER_BYTES + line["kept"] * self._size:  # a power cut took the pixels
                break
            whole.append(text)
            self.stop, self.kept = line["stop"], line["kept"]
            self.skipped = skipped
        log.write_text("".join(text + "\n" for text in whole), encoding="ascii")
