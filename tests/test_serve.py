"""scripts/serve shows the book and the results of the class, and nothing else of this machine."""

import gzip
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVE = Path(__file__).resolve().parent.parent / "scripts/serve"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    top = tmp_path_factory.mktemp("served")
    for name in ("site/index.html", "site/figures/a.svg", "out/report.html", "out/feedback/ada/04_conv_forward.html",
                 "out/gradebook.db", "out/records/ada.json", "out/secret.txt"):  # fmt: skip
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (top / "site/outside.html").symlink_to(top / "out/secret.txt")
    return top / "site", top / "out"


@pytest.fixture(scope="module")
def address(folders: tuple[Path, Path]) -> Iterator[str]:
    command = [sys.executable, SERVE, "--port", "0", "--site", folders[0], "--results", folders[1]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        first = server.stdout.readline()
        yield first.split()[-1]
        server.terminate()


def fetch(url: str, host: str | None = None, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(url, headers=headers | ({"Host": host} if host else {}))
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
            return answer.status, (gzip.decompress(body) if answer.headers["Content-Encoding"] else body).decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, ""


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("", "site/index.html"),
        ("figures/a.svg", "site/figures/a.svg"),
        ("class/", "out/report.html"),
        ("class/report.html", "out/report.html"),
        ("class/feedback/ada/04_conv_forward.html", "out/feedback/ada/04_conv_forward.html"),
    ],
)
def test_book_report_and_feedback_are_served(address: str, path: str, text: str) -> None:
    assert fetch(address + path) == (200, text)


@pytest.mark.parametrize(
    "path",
    [
        "class/gradebook.db",
        "class/records/ada.json",
        "class/feedback/",
        "class/feedback/../gradebook.db",
        "class/feedback/%2e%2e/gradebook.db",
        "class%2fgradebook.db",
        "/class/records/ada.json",
        "figures/",
        "outside.html",
        "../out/secret.txt",
    ],
)
def test_nothing_else_is_served(address: str, path: str) -> None:
    assert fetch(address + path) == (404, "")
    assert fetch(address + path, **{"Accept-Encoding": "gzip"}) == (404, "")


def test_text_is_packed_for_who_asks_and_sent_once(address: str) -> None:
    request = urllib.request.Request(address, headers={"Accept-Encoding": "br, gzip"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Content-Type"] == "text/html"
        assert gzip.decompress(answer.read()) == b"site/index.html"
        changed = answer.headers["Last-Modified"]
    again = {"Accept-Encoding": "gzip", "If-Modified-Since": changed}
    assert fetch(address, **again) == (304, "")
    assert fetch(f"{address}class/report.html", host="evil.example", **{"Accept-Encoding": "gzip"})[0] == 403


def test_a_page_of_another_site_cannot_read_the_results(address: str) -> None:
    assert fetch(f"{address}class/report.html", host="evil.example")[0] == 403


def test_a_port_in_use_is_named_with_the_way_out(folders: tuple[Path, Path]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, SERVE, "--port", port, "--site", folders[0]]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert answer.returncode == 1
    assert answer.stderr == f"serve: port {port} is in use; choose another port with PORT=...\n"


def test_a_missing_book_is_named_with_the_way_out(tmp_path: Path) -> None:
    command = [sys.executable, SERVE, "--site", tmp_path]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (answer.returncode, answer.stderr) == (
        1, f"serve: no book in {tmp_path}: build it with make book\n",
    )  # fmt: skip
