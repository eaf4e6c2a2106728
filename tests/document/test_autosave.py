"""Autosave and recovery, with real studios that are really killed."""

import os
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta

import pytest

from latentstudio.atomic import SaveError
from latentstudio.document import autosave as autosave_module
from latentstudio.document.autosave import Autosave
from latentstudio.document.document import State
from latentstudio.document.lock import FileLock
from latentstudio.document.session import Session, SessionError, session_to_json

SESSION = Session(State(active="B"), {"axes": 1})


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state" / "autosave"


@pytest.fixture
def studio(folder):
    """Makes studios and ends them all, as each would at a clean exit."""
    made = []

    def make():
        made.append(Autosave(folder))
        return made[-1]

    yield make
    for autosave in made:
        autosave.finish()


def crashed(folder, count=1):
    """Run a studio in a process of its own, kill it after its save; return its file."""
    code = """
        import sys, time
        from pathlib import Path
        from latentstudio.document.autosave import Autosave
        from latentstudio.document.document import State
        from latentstudio.document.session import Session
        autosave = Autosave(Path(sys.argv[1]))
        autosave.save(Session(State(active="B"), {"axes": 1}), 0.0)
        print(autosave.path, flush=True)
        time.sleep(60)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(folder)], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    path = child.stdout.readline().decode().strip()
    return child, path


def kill(child):
    child.kill()
    child.communicate(timeout=60)


def leave(folder, data, name="99-aaaaaaaa.latents"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_killed_studio_is_recovered_and_a_running_one_is_not(folder, studio):
    child, path = crashed(folder)
    try:
        mine = studio()
        assert mine.recoverable() == [], "the other studio is still running"
        kill(child)
        (recovery,) = mine.recoverable()
        assert str(recovery.path) == path
        assert abs(datetime.now(UTC) - recovery.when) < timedelta(minutes=5)
        assert mine.take(recovery) == SESSION
    finally:
        kill(child)


def test_a_clean_end_leaves_nothing(folder, studio):
    first = studio()
    first.save(SESSION, 0.0)
    assert len(files(folder)) == 2
    first.finish()
    assert files(folder) == []
    assert studio().recoverable() == []


def test_two_studios_do_not_steal_from_each_other(folder, studio):
    first, second = studio(), studio()
    first.save(SESSION, 0.0)
    second.save(Session(), 0.0)
    assert first.recoverable() == second.recoverable() == studio().recoverable() == []
    second.finish()
    assert first.path.exists()


def test_only_one_studio_gets_a_recovery(folder, studio):
    leave(folder, session_to_json(SESSION))
    first, second = studio(), studio()
    (seen,) = first.recoverable()
    (also_seen,) = second.recoverable()
    assert first.take(seen) == SESSION
    assert studio().recoverable() == []
    with pytest.raises(SessionError, match="opened by another studio"):
        second.take(also_seen)
    second.discard(also_seen)
    assert seen.path.exists()


def test_a_taken_recovery_is_kept_until_it_is_saved_anew(folder, studio):
    left = leave(folder, session_to_json(SESSION))
    mine = studio()
    session = mine.take(mine.recoverable()[0])
    assert left.exists(), "a crash now must find it again"
    assert mine.due(10.0)
    mine.save(session, 10.0)
    assert not left.exists()
    assert files(folder) == sorted([mine.path.name, mine.path.with_suffix(".lock").name])


def test_a_crash_between_taking_and_saving_loses_nothing(folder, studio):
    leave(folder, session_to_json(SESSION))
    mine = studio()
    (recovery,) = mine.recoverable()
    mine.take(recovery)
    for lock in mine._taken.values():
        lock._close()  # what the system does to the locks of a dead process
    mine._taken.clear()
    assert studio().recoverable() == [recovery]


def test_discarding_removes_it(folder, studio):
    leave(folder, session_to_json(SESSION))
    mine = studio()
    mine.discard(mine.recoverable()[0])
    assert files(folder) == []
    assert mine.recoverable() == []


def test_newest_first(folder, studio):
    for number in (2, 3, 1):
        path = leave(folder, session_to_json(SESSION), f"{number}-aaaaaaaa.latents")
        os.utime(path, (number * 1000, number * 1000))
    found = studio().recoverable()
    assert [int(r.when.timestamp()) for r in found] == [3000, 2000, 1000]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff" * 100, session_to_json(SESSION)[:-5]])
def test_a_damaged_recovery_is_one_sentence_told_once(folder, studio, data):
    left = leave(folder, data)
    mine = studio()
    assert mine.recoverable() == []
    assert len(mine.problems) == 1
    assert str(left) in mine.problems[0]
    assert "\n" not in mine.problems[0]
    assert files(folder) == ["99-aaaaaaaa.damaged"]
    again = studio()
    assert again.recoverable() == []
    assert again.problems == []


def test_a_lock_without_a_session_is_swept(folder, studio):
    leave(folder, b"", "7-aaaaaaaa.lock")
    assert studio().recoverable() == []
    assert files(folder) == []


def test_no_folder_is_no_crash(tmp_path, studio):
    (tmp_path / "file").write_bytes(b"")
    assert Autosave(tmp_path / "none").recoverable() == []
    blocked = Autosave(tmp_path / "file" / "autosave")
    assert blocked.recoverable() == []
    blocked.changed(0.0)
    with pytest.raises(SaveError, match="autosave is off: the folder"):
        blocked.save(SESSION, 5.0)
    assert not blocked.due(5.1), "the next try waits"
    assert blocked.due(10.0)
    blocked.finish()


def test_due_by_hand(studio):
    mine = studio()
    assert not mine.due(100.0), "nothing has changed"
    mine.changed(100.0)
    assert not mine.due(100.9), "the hand is still moving"
    assert mine.due(101.0)
    mine.save(SESSION, 101.0)
    assert not mine.due(1000.0)
    mine.changed(102.0)
    assert not mine.due(105.9), "saved less than five seconds ago"
    assert mine.due(106.0)


def test_a_hand_that_never_rests_is_saved_all_the_same(studio):
    mine = studio()
    saves = []
    for tick in range(2000):  # 200 seconds of change, ten times a second
        now = tick / 10
        mine.changed(now)
        if mine.due(now):
            mine.save(SESSION, now)
            saves.append(now)
    assert len(saves) == 3
    assert saves[0] == 50.0


def test_a_failed_save_stays_due(studio, monkeypatch):
    mine = studio()
    mine.changed(0.0)

    def full(path, data):
        raise SaveError("the disk is full")

    monkeypatch.setattr(autosave_module, "write_atomic", full)
    with pytest.raises(SaveError, match="disk is full"):
        mine.save(SESSION, 1.0)
    monkeypatch.undo()
    assert not mine.due(5.9)
    assert mine.due(6.0)


def test_the_default_folder_is_the_user_s(monkeypatch, tmp_path):
    monkeypatch.setattr(autosave_module, "user_state_path", lambda *a, **k: tmp_path)
    assert Autosave().path.parent == tmp_path / "autosave"


def test_a_lock_excludes_and_is_freed(tmp_path):
    lock = FileLock(tmp_path / "l")
    with pytest.raises(OSError):
        FileLock(tmp_path / "l")
    lock.release()
    lock.release()
    assert list(tmp_path.iterdir()) == []
    FileLock(tmp_path / "l").release()


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed on Windows")
def test_a_lock_on_a_file_that_was_just_removed_does_not_count(tmp_path, monkeypatch):
    """Between our opening and our locking, the last holder removed the file."""
    from latentstudio.document import lock as lock_module

    path = tmp_path / "l"
    real = lock_module._lock

    def slow(handle):
        path.unlink()
        path.touch()
        real(handle)

    monkeypatch.setattr(lock_module, "_lock", slow)
    with pytest.raises(BlockingIOError, match="changed hands"):
        FileLock(path)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_studio_stopped_by_a_signal_counts_as_crashed(folder, studio):
    child, _ = crashed(folder)
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=60)
    assert len(studio().recoverable()) == 1
