"""The trainer's command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trainer.cli import main
from trainer.options import new_config
from trainer.state import Snapshots


def call(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def base(pictures: Path, out: Path) -> list[object]:
    start = ["--preset", "dcgan", "--data", pictures, "--resolution", 16, "--out", out]
    return [*start, "--width", 4, "--batch", 8, "--bf16", "off"]


def test_plain_form_trains_and_resumes_and_exports(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = call(*base(pictures, out), "--kimg", 0.032)
    assert result.exit_code == 0, result.output
    assert "Finished at 0.0 kimg" in result.output
    result = call("train", "--resume", "--out", out, "--kimg", 0.064, "--lr", 1e-4)
    assert result.exit_code == 0, result.output
    assert "Resuming at 0.0 kimg" in result.output
    header = Snapshots(out / "snapshots").load()[1]
    assert header.images == 64
    assert header.config.preset.lr_d == 1e-4
    assert header.config.history == ("From 0.0 kimg on with --kimg 0.064 --lr 0.0001.",)
    assert header.config.preset.discriminator_args["ndf"] == 4
    result = call("export", out, "--out", tmp_path / "model.safetensors")
    assert result.exit_code == 0, result.output
    assert "MiB" in result.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--kimg", "0"], "--kimg must be greater than 0."),
        (["--kimg", "-3"], "--kimg must be greater than 0."),
        (["--kimg", "nan"], "--kimg must be greater than 0."),
        (["--resolution", "48"], "--resolution 48 is not a power of two from 8."),
        (["--resolution", "4"], "--resolution 4 is not a power of two from 8."),
        (["--resolution", "32"], "are 16 px, but 32 px were asked for"),
        (["--data", "/nowhere/at/all"], "There is no data folder /nowhere/at/all"),
        (["--mixing", "1.5"], "--mixing must be between 0 and 1."),
        (["--gamma", "-1"], "--gamma must not be negative."),
        (["--seed", "-1"], "--seed must be between 0 and 4294967295."),
        (["--preset", "small", "--width", "1"], "of 16 px have no features left: raise --width"),
        (["--channel-base", "8", "--preset", "stylegan2"], "(now 8) to 16 or more."),
        (["--start-from", "no", "--dry-run"], "no cannot be read: No such file or directory."),
        (["--device", "toaster"], "--device toaster cannot be used"),
    ],
)
def test_bad_input_is_one_sentence(
    pictures: Path, tmp_path: Path, words: list[str], sentence: str
) -> None:
    result = call(*base(pictures, tmp_path / "run"), "--kimg", 0.032, *words)
    assert result.exit_code == 1
    assert sentence in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "run").exists()


def test_missing_options_are_named(pictures: Path, tmp_path: Path) -> None:
    result = call("--preset", "dcgan", "--data", pictures, "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert "A new run needs --kimg." in result.output


def test_folder_with_a_run_needs_resume(pictures: Path, tmp_path: Path) -> None:
    words = [*base(pictures, tmp_path / "run"), "--kimg", 0.016]
    assert call(*words).exit_code == 0
    result = call(*words)
    assert result.exit_code == 1
    assert "already holds a run: pass --resume" in result.output


def test_resume_keeps_what_the_run_is_about(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert call(*base(pictures, out), "--kimg", 0.016).exit_code == 0
    for option, value in (("resolution", 32), ("preset", "stylegan2"), ("seed", 7), ("width", 8)):
        result = call("--resume", "--out", out, f"--{option}", value)
        assert result.exit_code == 1
        assert f"--{option}" in result.output
        assert "cannot go on" in result.output


def test_resume_of_nothing_is_one_sentence(tmp_path: Path) -> None:
    result = call("--resume", "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert "There is no snapshot" in result.output


def test_export_of_nothing_is_one_sentence(tmp_path: Path) -> None:
    result = call("export", tmp_path / "no", "--out", tmp_path / "m.safetensors")
    assert result.exit_code == 1
    assert "There is no run" in result.output


def test_width_scales_both_networks() -> None:
    given = {"preset": "stylegan2", "data": "x", "kimg": 1.0}
    usual = new_config(given).preset
    half = usual.generator_args["channel_max"] // 2
    preset = new_config({**given, "width": half}).preset
    assert preset.generator_args["channel_max"] == half
    assert preset.generator_args["channel_base"] == usual.generator_args["channel_base"] // 2
    assert preset.discriminator_args["channel_max"] == half


def test_help_needs_no_torch() -> None:
    code = "import sys, trainer.cli; print('torch' in sys.modules)"
    environment = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"}
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert printed.stdout.strip() == "False"


def test_idle_threads_do_not_spin() -> None:
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
