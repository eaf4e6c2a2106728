from __future__ import annotations

import threading

import pytest
import torch

from latentstudio.metrics.spaces.precision import full_precision


def now() -> str:
    return str(torch.backends.cudnn.conv.fp32_precision)


def test_settings_hold_inside_and_come_back() -> None:
    before = now()
    with torch.autocast("cpu", torch.bfloat16), full_precision():
        assert now() == "ieee" and not torch.is_autocast_enabled("cpu")
        with full_precision():
            pass
        assert now() == "ieee"
    assert now() == before
    with pytest.raises(RuntimeError, match="enough"), full_precision():
        raise RuntimeError("enough")
    assert now() == before


def test_the_last_thread_to_leave_restores() -> None:
    before, entered, leave = now(), threading.Event(), threading.Event()

    def other() -> None:
        with full_precision():
            entered.set()
            assert leave.wait(30)

    with full_precision():
        thread = threading.Thread(target=other)
        thread.start()
        assert entered.wait(30)
    assert now() == "ieee"  # the other is still inside
    leave.set()
    thread.join()
    assert now() == before
