"""Old or new, whole: under kill -9, full disks, folders in the way and leftovers of the dead."""

import errno
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from latentstudio import atomic
from latentstudio.atomic import SaveError, write_atomic

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals, limits and permissions")


@pytest.fixture(autouse=True)
def fresh_sweep():
    atomic._swept.clear()


def names(folder):
    return [path.name for path in folder.iterdir()]


def leftovers(folder):
    return [name for name in names(folder) if name.endswith(".tmp")]


def start(code, *args):
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_writes_and_replaces(tmp_path):
    file = tmp_path / "a.bin"
    for data in (b"one", b"", b"three" * 100_000):
        write_atomic(file, data)
        assert file.read_bytes() == data
    assert names(tmp_path) == ["a.bin"]


def test_a_name_as_long_as_the_disk_allows(tmp_path):
    file = tmp_path / ("n" * 255)
    write_atomic(file, b"x")
    assert file.read_bytes() == b"x"


@posix
def test_new_files_have_the_user_s_permissions_and_old_ones_keep_theirs(tmp_path):
    plain = tmp_path / "plain"
    plain.touch()
    write_atomic(tmp_path / "new", b"x")
    assert (tmp_path / "new").stat().st_mode == plain.stat().st_mode
    plain.chmod(0o640)
    write_atomic(plain, b"x")
    assert stat.S_IMODE(plain.stat().st_mode) == 0o640


@posix
def test_a_link_is_followed_not_replaced(tmp_path):
    (tmp_path / "far").mkdir()
    target = tmp_path / "far" / "target"
    target.write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to(target)
    write_atomic(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "is a folder"),
        ("missing/a.png", "missing does not exist"),
        ("file/a.png", "file is not a folder"),
        ("n" * 256, "the name is too long"),
        ("a\0b", "null character"),
    ],
)
def test_places_where_nothing_can_be_saved(tmp_path, name, sentence):
    (tmp_path / "file").write_bytes(b"here")
    with pytest.raises(SaveError, match=sentence) as caught:
        write_atomic(f"{tmp_path}/{name}", b"x")
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert names(tmp_path) == ["file"]
    assert (tmp_path / "file").read_bytes() == b"here"


@posix
def test_devices_and_pipes_are_left_alone(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(SaveError, match="not an ordinary file"):
        write_atomic(pipe, b"x")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@contextmanager
def ordinary_user(tmp_path):
    """A folder of somebody whom permissions bind; root becomes nobody for a moment."""
    if os.geteuid() != 0:
        yield tmp_path
        return
    if not hasattr(os, "setresuid"):
        pytest.skip("permissions do not bind root")
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to others
    os.chown(folder, 65534, 65534)
    os.setresuid(65534, 65534, 0)
    try:
        yield folder
    finally:
        os.setresuid(0, 0, 0)
        shutil.rmtree(folder)


@posix
def test_permissions_of_the_folder_and_of_the_file(tmp_path):
    with ordinary_user(tmp_path) as folder:
        file = folder / "a"
        file.write_bytes(b"old")
        file.chmod(0o400)
        with pytest.raises(SaveError, match="write-protected"):
            write_atomic(file, b"x")
        folder.chmod(0o500)
        with pytest.raises(SaveError, match="may not be written to"):
            write_atomic(folder / "b", b"x")
        folder.chmod(0o700)
        assert file.read_bytes() == b"old"
        assert names(folder) == ["a"]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "may not be written to"),
        (errno.EIO, "Input/output error"),
    ],
)
@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_a_failure_at_any_step_keeps_the_old_file(tmp_path, monkeypatch, step, number, sentence):
    file = tmp_path / "a.latents"
    file.write_bytes(b"old")

    def fail(*args, **kwargs):
        raise OSError(number, os.strerror(number))

    owner = os if step == "fsync" else Path
    monkeypatch.setattr(owner, step, fail)
    with pytest.raises(SaveError, match=sentence) as caught:
        write_atomic(file, b"new")
    monkeypatch.undo()
    assert "a.latents was not saved: " in str(caught.value)
    assert file.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


def test_an_interrupt_cleans_up_and_goes_on(tmp_path, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "a", b"x")
    assert names(tmp_path) == []


@posix
def test_a_disk_that_fills_while_writing(tmp_path):
    """RLIMIT_FSIZE stops the write itself half way, in a real file."""
    file = tmp_path / "a"
    file.write_bytes(b"old")
    child = start(
        """
        import resource, sys
        from latentstudio.atomic import SaveError, write_atomic
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            write_atomic(sys.argv[1], bytes(1_000_000))
        except SaveError as error:
            print(error)
        """,
        file,
    )
    out, err = child.communicate(timeout=60)
    assert b"was not saved: the file would be larger" in out, err
    assert file.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


@posix
def test_kill_9_at_any_moment_leaves_a_whole_file(tmp_path):
    """A child saves in a loop; each generation is one repeated byte, so a mixture would show."""
    file = tmp_path / "a"
    size = 3_000_000
    code = """
        import sys
        from latentstudio.atomic import write_atomic
        number = 0
        while True:
            number = number % 250 + 1
            write_atomic(sys.argv[1], bytes([number]) * int(sys.argv[2]))
            if number == 1:
                print(flush=True)
    """
    killed_while_writing = 0
    for round_ in range(40):
        child = start(code, file, size)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.003 * (round_ % 7))
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=60)
        killed_while_writing += bool(leftovers(tmp_path))
        data = file.read_bytes()
        assert len(data) == size
        assert data == data[:1] * size
        if killed_while_writing == 4:
            break
    assert killed_while_writing, "no kill ever met a save: the test proves nothing"
    write_atomic(file, b"mine")
    assert names(tmp_path) == ["a"]


@posix
def test_only_leftovers_of_the_dead_are_removed(tmp_path):
    child = start("")
    child.communicate(timeout=60)
    dead, alive, host = child.pid, os.getpid(), atomic.HOST
    other_host = f"{int(host, 16) ^ 1:08x}"
    gone = tmp_path / f".latentstudio-{host}-{dead}-00000000.tmp"
    old_elsewhere = tmp_path / f".latentstudio-{other_host}-{alive}-00000000.tmp"
    stay = [
        tmp_path / f".latentstudio-{host}-{alive}-00000001.tmp",
        tmp_path / f".latentstudio-{host}-1-00000001.tmp",
        tmp_path / f".latentstudio-{other_host}-{dead}-00000001.tmp",
        tmp_path / f".latentstudio-{dead}.tmp",
        tmp_path / "mine.tmp",
    ]
    for path in (gone, old_elsewhere, *stay):
        path.write_bytes(b"x")
    os.utime(old_elsewhere, (0, 0))
    write_atomic(tmp_path / "a", b"x")
    assert sorted(tmp_path.iterdir()) == sorted([*stay, tmp_path / "a"])


def test_a_save_error_is_an_os_error_with_its_cause(tmp_path):
    with pytest.raises(OSError, match="does not exist") as caught:
        write_atomic(tmp_path / "no" / "a", b"")
    assert isinstance(caught.value, SaveError)
    assert isinstance(caught.value.__cause__, FileNotFoundError)
