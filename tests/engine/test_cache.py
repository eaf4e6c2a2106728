from __future__ import annotations

import pytest

from latentstudio.engine.cache import LRU


def failing() -> int:
    raise RuntimeError


def test_what_is_kept_is_not_made_again() -> None:
    cache: LRU[int] = LRU(2)
    assert cache("a", lambda: 1) == 1
    assert cache("a", failing) == 1


def test_the_least_recently_used_goes() -> None:
    cache: LRU[int] = LRU(2)
    cache("a", lambda: 1)
    cache("b", lambda: 2)
    cache("a", failing)
    cache("c", lambda: 3)
    assert "a" in cache and "b" not in cache and "c" in cache and len(cache) == 2


def test_a_failure_leaves_nothing() -> None:
    cache: LRU[int] = LRU(2)
    with pytest.raises(RuntimeError):
        cache("a", failing)
    assert len(cache) == 0 and cache("a", lambda: 1) == 1


def test_forgetting() -> None:
    cache: LRU[int] = LRU(9)
    for key in "abc":
        cache(key, lambda: 1)
    cache.keep_only("b")
    assert "b" in cache and len(cache) == 1
    cache.clear()
    assert len(cache) == 0
    with pytest.raises(ValueError, match="keeps nothing"):
        LRU(0)


def test_what_is_too_heavy_goes_but_never_the_newest() -> None:
    cache: LRU[int] = LRU(9, room=10, size=sum)
    for weight in (3, 4, 3):
        cache(weight, lambda weight=weight: weight)
    cache(4, failing)
    cache("five", lambda: 5)
    assert 4 in cache and "five" in cache and len(cache) == 2
    cache("huge", lambda: 99)
    assert "huge" in cache and len(cache) == 1


def test_what_is_asked_for_is_used_and_what_is_not_there_is_none() -> None:
    cache: LRU[int] = LRU(2)
    cache("a", lambda: 1)
    cache("b", lambda: 2)
    assert cache.get("a") == 1 and cache.get("c") is None
    cache("c", lambda: 3)
    assert cache.get("b") is None and cache.get("a") == 1
