"""What ships: every package of the tree, and the resources beside it."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_package_is_listed() -> None:
    found = {
        ".".join(init.parent.relative_to(ROOT).parts)
        for top in ("latentstudio", "trainer")
        for init in (ROOT / top).rglob("__init__.py")
    }
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == found | {"latentstudio.resources"}


def test_tested_versions_lie_within_the_bounds() -> None:
    from packaging.requirements import Requirement
    from packaging.version import Version

    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.lower().replace("_", "-").split("==") for line in lines if "==" in line)
    wanted = PROJECT["project"]["dependencies"] + [
        need for group in PROJECT["project"]["optional-dependencies"].values() for need in group
    ]
    for need in map(Requirement, wanted):
        pin = pins[need.name.lower().replace("_", "-")]
        assert Version(pin) in need.specifier, f"{need.name} {pin} is outside {need.specifier}"
