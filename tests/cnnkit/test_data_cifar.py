"""The CIFAR-10 loader, with a small archive of the same form and a server of our own."""

import hashlib
import io
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from cnnkit import _cifar10
from cnnkit.data import cifar10

COUNT = 4  # records in a batch


def made(seed=0, count=COUNT, leave_out=(), last_class=9, cut=0):
    """The bytes of an archive, and what is in it."""
    rng = np.random.default_rng(seed)
    archive, content = io.BytesIO(), {}
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name in ("batches.meta.txt", *_cifar10.TRAINING, "test_batch.bin", "readme.html"):
            images = rng.integers(0, 256, (count, 3, 32, 32), np.uint8)
            labels = rng.integers(0, last_class + 1, count, np.uint8)
            labels[-1] = last_class
            text = np.concatenate([labels[:, None], images.reshape(count, -1)], axis=1).tobytes()
            text = text[: len(text) - cut] if name.endswith(".bin") else b"airplane\n"
            content[name] = (images, labels)
            if name not in leave_out:
                member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
                member.size = len(text)
                tar.addfile(member, io.BytesIO(text))
    return archive.getvalue(), content


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def archive(tmp_path):
    content, batches = made()
    path = tmp_path / "own" / _cifar10.ARCHIVE
    path.parent.mkdir()
    path.write_bytes(content)
    return path, sha256(content), batches


@pytest.fixture
def server():
    """A web server; `server.content` is what it sends, `server.asked` the ranges asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.headers.get("Range"))
            content, start = self.server.content, 0
            if self.headers.get("Range") and self.server.ranges:
                start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
                if start >= len(content):
                    self.send_error(416)
                    return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            self.wfile.write(content[start : self.server.stops])

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.content, server.asked, server.ranges, server.stops = b"", [], True, None
    server.url = f"http://127.0.0.1:{server.server_port}/{_cifar10.ARCHIVE}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("CNNKIT_CIFAR10", "CNNKIT_CIFAR10_MIRRORS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache" / "cnnkit" / _cifar10.ARCHIVE


def test_images_and_labels_are_those_of_the_batches(archive):
    path, digest, batches = archive
    images, labels, test, answers = cifar10(path, sha256=digest)
    assert images.shape == (5 * COUNT, 3, 32, 32) and images.dtype == np.uint8
    assert labels.shape == (5 * COUNT,) and labels.dtype == np.int64
    np.testing.assert_array_equal(images, np.concatenate([batches[name][0] for name in _cifar10.TRAINING]))
    np.testing.assert_array_equal(labels, np.concatenate([batches[name][1] for name in _cifar10.TRAINING]))
    np.testing.assert_array_equal(test, batches["test_batch.bin"][0])
    np.testing.assert_array_equal(answers, batches["test_batch.bin"][1])


def test_the_environment_names_a_copy(archive, monkeypatch):
    path, digest, _ = archive
    monkeypatch.setenv("CNNKIT_CIFAR10", str(path))
    assert len(cifar10(sha256=digest, mirrors=[])[0]) == 5 * COUNT


def test_a_copy_that_is_named_and_missing_is_not_downloaded(tmp_path, server):
    with pytest.raises(_cifar10.Cifar10Error, match="is no file"):
        cifar10(tmp_path / "nowhere.tar.gz", mirrors=[server.url])
    assert server.asked == []


def test_a_damaged_copy_is_refused(archive):
    path, digest, _ = archive
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(_cifar10.Cifar10Error, match="checksum"):
        cifar10(path, sha256=digest)


def test_it_is_downloaded_once(server, own_cache, capsys):
    server.content, _ = made()
    for _ in range(2):
        assert len(cifar10(sha256=sha256(server.content), mirrors=[server.url])[0]) == 5 * COUNT
    assert server.asked == [None]
    assert own_cache.read_bytes() == server.content
    assert [path.name for path in own_cache.parent.iterdir()] == [_cifar10.ARCHIVE]
    assert "MB/s" in capsys.readouterr().err


def test_a_download_that_broke_off_goes_on_where_it_was(server, own_cache):
    server.content, _ = made()
    half = len(server.content) // 2
    server.stops = half
    with pytest.raises(_cifar10.Cifar10Error, match="stopped after"):
        cifar10(sha256=sha256(server.content), mirrors=[server.url])
    assert not own_cache.exists()
    server.stops = None
    cifar10(sha256=sha256(server.content), mirrors=[server.url])
    assert server.asked == [None, f"bytes={half}-"]


def test_a_mirror_that_knows_no_ranges_begins_at_the_beginning(server, own_cache):
    server.content, _ = made()
    server.ranges = False
    own_cache.parent.mkdir(parents=True)
    own_cache.with_name(f"{_cifar10.ARCHIVE}.part").write_bytes(b"something else")
    cifar10(sha256=sha256(server.content), mirrors=[server.url])
    assert own_cache.read_bytes() == server.content


def test_a_wrong_archive_is_thrown_away_and_the_next_mirror_asked(server, own_cache, monkeypatch):
    server.content, _ = made()
    other, _ = made(seed=1)
    with pytest.raises(_cifar10.Cifar10Error, match="checksum"):
        cifar10(sha256=sha256(other), mirrors=[server.url])
    assert list(own_cache.parent.iterdir()) == []
    nobody = "http://127.0.0.1:9/nothing"
    monkeypatch.setenv("CNNKIT_CIFAR10_MIRRORS", f"{nobody} {server.url}")
    assert len(cifar10(sha256=sha256(server.content))[0]) == 5 * COUNT


def test_a_part_that_is_whole_already_is_used(server, own_cache):
    server.content, _ = made()
    own_cache.parent.mkdir(parents=True)
    own_cache.with_name(f"{_cifar10.ARCHIVE}.part").write_bytes(server.content)
    cifar10(sha256=sha256(server.content), mirrors=[server.url])
    assert own_cache.read_bytes() == server.content


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"leave_out": ("data_batch_3.bin",)}, "has no data_batch_3.bin"),
        ({"cut": 1}, "no multiple"),
        ({"last_class": 10}, "class 10"),
    ],
)
def test_an_archive_of_another_form_is_refused(tmp_path, broken, message):
    content, _ = made(**broken)
    path = tmp_path / "other.tar.gz"
    path.write_bytes(content)
    with pytest.raises(_cifar10.Cifar10Error, match=message):
        cifar10(path, sha256=sha256(content))


def test_what_is_no_archive_is_refused(tmp_path):
    path = tmp_path / "page.html"
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(_cifar10.Cifar10Error, match=r"page\.html"):
        cifar10(path, sha256=sha256(path.read_bytes()))
