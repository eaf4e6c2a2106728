"""Other people's metrics, for comparison: imported if they are there, else the test is skipped."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest
import torch


def library(name: str) -> ModuleType:
    """Import a module of another library, or skip the test and say why."""
    with warnings.catch_warnings(), _without_operators_of_torchvision():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except Exception as error:  # broken in one of the many ways of compiled packages
            pytest.skip(f"{name} cannot be imported: {error}")


@contextmanager
def quiet() -> Iterator[None]:
    """Let a library warn of its own deprecated calls."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _without_operators_of_torchvision() -> Iterator[None]:
    """Import torchvision without its compiled half, which may be of another build of torch.

    It describes its operators to torch, which refuses where they do not exist. The metrics do
    not need them.
    """
    original = torch.library.register_fake

    def register_fake(operator: Any, *args: Any, **settings: Any) -> Callable[..., Any]:
        if str(operator).startswith("torchvision::"):
            return lambda function: function
        return original(operator, *args, **settings)

    torch.library.register_fake = register_fake
    try:
        yield
    finally:
        torch.library.register_fake = original
