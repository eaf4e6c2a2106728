"""The command line that measures again, without a window, what the panel shows."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from latentstudio.document.recipe import Noise, Transform

if TYPE_CHECKING:
    from latentstudio.document.sampling import Sampling


def measure_command(
    checkpoint: Path, sampling: Sampling, *, real: str, features: str, num: int
) -> str:
    """``latentstudio measure …`` for a setting.

    Raises
    ------
    ValueError
        One sentence, when the setting has what the command line cannot say.
    """
    noise = sampling.noise
    if noise != Noise(mode=noise.mode) or sampling.transform != Transform():
        raise ValueError(
            "The command line knows neither noise strengths nor transforms: set both back first"
        )
    words = ["latentstudio", "measure", str(checkpoint), "--real", real]
    words += ["--metrics", "fid,kid,pr,dc", "--features", features, "--num", str(num)]
    words += ["--psi", f"{sampling.truncation.psi:g}"]
    if sampling.truncation.cutoff is not None:
        words += ["--cutoff", str(sampling.truncation.cutoff)]
    if noise.mode != Noise().mode:
        words += ["--noise", noise.mode]
    if sampling.label is not None:
        words += ["--label", str(sampling.label)]
    if sampling.mixing:
        words += ["--mixing", f"{sampling.mixing:g}"]
    return shlex.join([*words, "--seed", str(sampling.seed)])
