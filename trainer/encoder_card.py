"""The card of an encoder, from what its file says about itself."""

from __future__ import annotations

from pathlib import Path

from latentstudio.atomic import write_atomic
from latentstudio.checkpoints.encoder_file import EncoderHeader, read_encoder_header

MEANING = {
    "error": "deviations by which a whitened coordinate is missed (root mean square)",
    "r2": "explained share of the variance, mean over the whitened coordinates",
    "explained": "explained share of the variance of the latent as it is",
    "pixels": "distance of the guess's picture in pixels, over that of random pairs",
    "features": "the same in the feature space of the data set",
}


def write_card(out: Path) -> Path:
    """Describe an encoder's file beside it, in ``NAME.md``."""
    path = out.with_suffix(".md")
    write_atomic(path, _text(out, read_encoder_header(out)).encode("utf-8"))
    return path


def _text(out: Path, header: EncoderHeader) -> str:
    config, training = header.config, header.training
    asked = training["config"]
    keys = [key for key in ("kimg", "minutes", "batch", "pictures", "seed") if asked[key]]
    words = " ".join(f"--{key} {asked[key]:g}" for key in keys)
    rows = [f"| {name} | {value:.3f} | {MEANING[name]} |" for name, value in header.scores.items()]
    scores = "\n".join(rows)
    return f"""# First guesses for {header.name or "a generator"}

| | |
|---|---|
| Guesses | {header.space} ({config.dim} numbers) of a picture, seen in {config.resolution} px |
| Belongs to | the checkpoint with the content hash `{header.checkpoint[:16]}…` |
| File | {out.stat().st_size / 2**20:.1f} MiB, content hash `{header.content_hash[:16]}…` |
| Begun with | a last layer solved from {asked["fitted"]:,} samples |
| Samples seen | {training["images_seen"]:,}, each drawn once, psi from 0.5 to 1 |
| Time | {training["seconds"] / 60:.1f} minutes on {asked["device"]}, {asked["threads"]} thread(s) |

## Samples kept out

| Measure | Value | What |
|---|---|---|
{scores}

It has seen nothing but the generator's own samples, moved, blurred and recoloured a little: of
other pictures its guess is where a search begins, not where it ends.

## Training

```
latentstudio-train encoder {asked["checkpoint"]} {words} --out {out.name}
```

torch {training["versions"]["torch"]}.
"""
