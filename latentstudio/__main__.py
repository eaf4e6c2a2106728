"""``python -m latentstudio``."""

from latentstudio.cli import main

if __name__ == "__main__":
    main()
