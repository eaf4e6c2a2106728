"""``python -m trainer`` is ``latentstudio-train``."""

from __future__ import annotations

from trainer.cli import main

if __name__ == "__main__":
    main(prog_name="latentstudio-train")
