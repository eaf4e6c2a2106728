"""Weights of others: found, fetched from a server on this machine, checked, refused."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import torch

from latentstudio.metrics.spaces import weights
from latentstudio.metrics.spaces.known_weights import KNOWN, FetchCancelledError, SpaceError
from latentstudio.metrics.spaces.weights import fetch, locate, missing, read_weights, weights_folder

CONTENT = bytes(range(256)) * 4096  # 1 MiB


class Server(HTTPServer):
    """Serves CONTENT; what it shall do wrong is set by the test."""

    content = CONTENT
    resumes = True
    breaks_after = None
    status = None

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, begin = self.server, self.headers.get("Range")
        server.asked.append(begin)
        if server.status is not None:
            self.send_error(server.status)
            return
        start = int(begin[6:-1]) if begin and server.resumes else 0
        self.send_response(206 if start else 200)
        if start:
            last = len(server.content) - 1
            self.send_header("Content-Range", f"bytes {start}-{last}/{last + 1}")
        self.send_header("Content-Length", str(len(server.content) - start))
        self.end_headers()
        self.wfile.write(server.content[start : server.breaks_after])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    known = KNOWN["lpips"]._replace(
        urls=(f"http://127.0.0.1:{server.server_port}/vgg.pth",),
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
    )
    monkeypatch.setitem(KNOWN, "lpips", known)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def part(tmp_path):
    return tmp_path / "lpips-vgg-v0.1.pth.part"


def test_what_is_known_is_published_in_the_open():
    for name, known in KNOWN.items():
        assert known.name == name and len(known.sha256) == 64 and known.size > 0
        assert all(url.startswith("https://") for url in known.urls)
        assert known.licence and known.source and known.title
    # Both names carry the first digits of the hash, as is PyTorch's custom.
    for name in ("inception", "vgg16"):
        assert KNOWN[name].sha256.startswith(KNOWN[name].file[-12:-4])


def test_fetched_whole_with_progress(server, tmp_path):
    told = []
    path = fetch("lpips", tmp_path / "new", told.append)
    assert path == tmp_path / "new" / "lpips-vgg-v0.1.pth" and path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]
    assert told[-1].done == told[-1].total == len(CONTENT) and told[-1].seconds_left == 0
    assert [r.done for r in told] == sorted(r.done for r in told)
    assert all(r.seconds_left >= 0 for r in told)
    assert fetch("lpips", tmp_path / "new") == path and len(server.asked) == 1


def test_fetched_into_the_users_folder(server):
    assert locate("lpips") is None
    path = fetch("lpips")
    assert path.parent == weights_folder() and locate("lpips") == path


@pytest.mark.parametrize("resumes", [True, False])
def test_goes_on_where_it_broke_off(server, tmp_path, part, resumes):
    server.breaks_after, server.resumes = 300_000, resumes
    with pytest.raises(SpaceError, match=r"cannot be fetched \(the connection ended at 29%\)"):
        fetch("lpips", tmp_path)
    assert part.read_bytes() == CONTENT[:300_000]
    server.breaks_after = None
    assert fetch("lpips", tmp_path).read_bytes() == CONTENT
    assert server.asked == ["bytes=0-", "bytes=300000-"] and not part.exists()


def test_a_part_that_is_complete_or_too_long(server, tmp_path, part):
    part.write_bytes(CONTENT)
    assert fetch("lpips", tmp_path).read_bytes() == CONTENT and server.asked == []
    (tmp_path / "lpips-vgg-v0.1.pth").unlink()
    part.write_bytes(CONTENT + b"more")
    assert fetch("lpips", tmp_path).read_bytes() == CONTENT and server.asked == [None]


def test_a_damaged_file_is_fetched_again(server, tmp_path):
    (tmp_path / "lpips-vgg-v0.1.pth").write_bytes(b"x")
    assert fetch("lpips", tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("content", [CONTENT[::-1], CONTENT + b"more"])
def test_other_content_is_deleted_or_not_taken(server, tmp_path, part, content):
    server.content = content
    if content.startswith(CONTENT):  # what is known ends earlier
        assert fetch("lpips", tmp_path).read_bytes() == CONTENT
        return
    with pytest.raises(SpaceError, match=r"is not the linear part of LPIPS .* it was deleted"):
        fetch("lpips", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_cancelled_and_gone_on_with(server, tmp_path, part):
    cancel = threading.Event()
    with pytest.raises(FetchCancelledError, match=r"stopped at \d+%"):
        fetch("lpips", tmp_path, lambda _: cancel.set(), cancel)
    have = part.stat().st_size
    assert 0 < have < len(CONTENT)
    fetch("lpips", tmp_path)
    assert server.asked[-1] == f"bytes={have}-"


def test_addresses_are_tried_in_turn(server, tmp_path, monkeypatch):
    known = KNOWN["lpips"]
    # Nothing listens on the first one.
    urls = ("http://127.0.0.1:9/vgg.pth", *known.urls)
    monkeypatch.setitem(KNOWN, "lpips", known._replace(urls=urls))
    assert fetch("lpips", tmp_path).read_bytes() == CONTENT


def test_no_connection_says_where_the_file_belongs(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    known = KNOWN["lpips"]._replace(urls=("http://127.0.0.1:9/vgg.pth",))
    monkeypatch.setitem(KNOWN, "lpips", known)
    with pytest.raises(SpaceError) as caught:
        fetch("lpips", tmp_path)
    assert "cannot be fetched (" in str(caught.value) and "\n" not in str(caught.value)
    assert "http://127.0.0.1:9/vgg.pth" in str(caught.value) and str(tmp_path) in str(caught.value)


def test_the_servers_refusal_is_told(server, tmp_path):
    server.status = 404
    with pytest.raises(SpaceError, match="the server says 404 Not Found"):
        fetch("lpips", tmp_path)


def test_folders_and_names_that_cannot_be(server, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SpaceError, match="cannot be written"):
        fetch("lpips", tmp_path / "file" / "below")
    with pytest.raises(SpaceError, match=r"'alexnet'.*inception, vgg16, lpips"):
        fetch("alexnet")


def test_located_under_every_name_and_in_pytorchs_folder(tmp_path, monkeypatch):
    assert locate("inception", tmp_path) is None
    alias = tmp_path / "weights-inception-2015-12-05-6726825d.pth"
    alias.touch()
    assert locate("inception", tmp_path) == alias
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    hub = tmp_path / "torch" / "hub" / "checkpoints"
    assert str(hub.parent) == torch.hub.get_dir()
    assert locate("vgg16") is None
    hub.mkdir(parents=True)
    (hub / "vgg16-397923af.pth").touch()
    assert locate("vgg16") == hub / "vgg16-397923af.pth"
    assert "vgg16" in missing(KNOWN["vgg16"]) and "553.4 MB" in missing(KNOWN["vgg16"])


@pytest.fixture
def saved(tmp_path):
    """A file of weights, and what is known of it."""
    path = tmp_path / "w.pth"
    torch.save({"a": torch.arange(3.0)}, path)
    size, digest = path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()
    return path, KNOWN["inception"]._replace(size=size, sha256=digest)


def test_read(saved):
    assert read_weights(*saved).take("a", 3).tolist() == [0, 1, 2]


def test_read_as_pytorch_wrote_before_2020(tmp_path):
    path = tmp_path / "old.pth"
    state = {"a": torch.arange(3.0)}
    torch.save(state, path, _use_new_zipfile_serialization=False)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    known = KNOWN["vgg16"]._replace(size=path.stat().st_size, sha256=digest)
    assert read_weights(path, known).take("a", 3).tolist() == [0, 1, 2]


def test_read_refuses_what_is_not_the_same_to_the_last_bit(saved, monkeypatch):
    path, known = saved
    content = bytearray(path.read_bytes())
    # Nothing may be read from them.
    monkeypatch.setattr(torch, "load", None)
    path.write_bytes(content[:-10])
    with pytest.raises(SpaceError, match="cut short or another file"):
        read_weights(path, known)
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(SpaceError, match="not the FID Inception network or was tampered with"):
        read_weights(path, known)
    path.unlink()
    with pytest.raises(SpaceError, match="no file"):
        read_weights(path, known)
    with pytest.raises(SpaceError, match="folder"):
        read_weights(path.parent, known)


def test_no_file_of_weights_is_opened_or_fetched_unasked(monkeypatch):
    monkeypatch.setattr(weights, "download", None)
    assert all(locate(name) is None for name in KNOWN)
