"""CIFAR-10: downloaded once, checked, read as a stream. Source: Krizhevsky 2009.

The archive is the binary one: nothing in it can run. CNNKIT_CIFAR10 names a copy that is there already, as on a compute
node without a way out; CNNKIT_CIFAR10_MIRRORS lists other addresses, separated by blanks.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Split = tuple[Array, Array]

ARCHIVE = "cifar-10-binary.tar.gz"
SIZE = 170_052_171  # bytes
SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
MIRRORS = (  # whatever a mirror sends is compared with the checksum
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/cifar-10-binary.tar.gz",
    "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/cifar-10-binary.tar.gz",
)
TRAINING = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
RECORD = 1 + 3 * 32 * 32  # the class, then red, green and blue, row by row
PIECE = 1 << 20  # bytes read at once
SILENCE = 30.0  # seconds without a byte after which the next mirror is asked

Progress = Callable[[int, int], None]


class Cifar10Error(OSError):
    """The archive cannot be had, or is not the right one."""


def cifar10(
    archive: str | Path | None = None, *, sha256: str = SHA256, mirrors: Sequence[str] | None = None
) -> tuple[Array, Array, Array, Array]:
    """60,000 colour images of ten classes.

    Args:
        archive: The archive where it is already; default: $CNNKIT_CIFAR10, else a copy in the user's cache, which is
            downloaded if it is missing.
        sha256: Checksum that the archive must have.
        mirrors: Addresses to download from, tried in order.

    Returns:
        (images, labels, test_images, test_labels): uint8 (50,000, 3, 32, 32), int64 (50,000,), and likewise 10,000.

    Raises:
        Cifar10Error: If the archive is missing, damaged, or no mirror has it.
    """
    named = archive or os.environ.get("CNNKIT_CIFAR10")
    path = Path(named) if named else cache() / ARCHIVE
    if named and not path.is_file():
        raise Cifar10Error(f"{path} is no file; it should be a copy of {ARCHIVE}")
    if not path.is_file():
        extra = os.environ.get("CNNKIT_CIFAR10_MIRRORS", "").split()
        download(path, mirrors or (*extra, *MIRRORS), sha256, bar(sys.stderr))
    elif (found := checksum(path)) != sha256:
        raise Cifar10Error(f"{path} has checksum {found}, expected {sha256}; delete it to download it again")
    return parse(path)


def cache() -> Path:
    """The folder for downloads of the course."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cnnkit"


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -- download -------------------------------------------------------------------------------------------------------


def download(path: Path, mirrors: Sequence[str], sha256: str, progress: Progress) -> None:
    """Put the archive at a path, from the first mirror that has it.

    What has come is kept beside it as `.part`, and the next attempt goes on from there. The path itself appears
    whole and checked, or not at all.

    Raises:
        Cifar10Error: If no mirror gives the right archive.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    failures = []
    for mirror in mirrors:
        try:
            fetch(mirror, part, progress)
        except (OSError, ValueError, http.client.HTTPException) as error:
            failures.append(f"{mirror}: {error}")
            continue
        found = checksum(part)
        if found == sha256:
            part.replace(path)
            return
        part.unlink()  # nothing of it can be trusted
        failures.append(f"{mirror}: checksum {found}, expected {sha256}")
    raise Cifar10Error("CIFAR-10 could not be downloaded:\n" + "\n".join(failures or ["no mirror to ask"]))


def fetch(mirror: str, part: Path, progress: Progress) -> None:
    """Bring what is still missing of a file.

    Raises:
        OSError: If the mirror does not answer, falls silent, or stops early.
    """
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(mirror, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=SILENCE)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and have:  # there is nothing after what we have: it is whole, or wrong
            return
        raise
    with answer:
        if answer.status != 206:  # this mirror begins at the beginning
            have = 0
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else SIZE
        with part.open("ab" if have else "wb") as file:
            while piece := answer.read(PIECE):
                file.write(piece)
                have += len(piece)
                progress(have, total)
    if length and have < total:
        raise OSError(f"stopped after {have:,} of {total:,} bytes")


def bar(out: TextIO) -> Progress:
    """A line that tells how much has come, renewed in place a few times a second."""
    started, shown, first = time.monotonic(), 0.0, -1

    def show(have: int, total: int) -> None:
        nonlocal shown, first
        first = have if first < 0 else first
        now = time.monotonic()
        if now - shown < 0.2 and have < total:
            return
        shown = now
        speed = (have - first) / max(now - started, 1e-3) / 1e6
        filled = round(30 * have / max(total, 1))
        size = f"{have / 1e6:.0f}/{total / 1e6:.0f} MB"
        out.write(f"\rCIFAR-10 [{'#' * filled}{'.' * (30 - filled)}] {size}, {speed:.1f} MB/s ")
        out.write("\n" if have >= total else "")
        out.flush()

    return show


# -- reading --------------------------------------------------------------------------------------------------------


def parse(path: Path) -> tuple[Array, Array, Array, Array]:
    """The images in an archive, read from its beginning to its end; nothing is unpacked to the disk.

    Raises:
        Cifar10Error: If a batch is missing or is not made of whole records.
    """
    batches: dict[str, Split] = {}
    try:
        with tarfile.open(path, "r|gz") as archive:
            for name, content in files(archive):
                if name in (*TRAINING, "test_batch.bin"):
                    batches[name] = records(name, content)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise error if isinstance(error, Cifar10Error) else Cifar10Error(f"{path}: {error}") from None
    if missing := {*TRAINING, "test_batch.bin"} - batches.keys():
        raise Cifar10Error(f"{path} has no {', '.join(sorted(missing))}")
    images, labels = (np.concatenate([batches[name][i] for name in TRAINING]) for i in (0, 1))
    return images, labels, *batches["test_batch.bin"]


def files(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    """Names without folders, and contents, of the plain files of an archive."""
    for member in archive:
        file = archive.extractfile(member) if member.isreg() and member.size <= SIZE else None
        if file is not None:
            yield Path(member.name).name, file.read()


def records(name: str, content: bytes) -> Split:
    """Images and labels of one batch."""
    if not content or len(content) % RECORD:
        raise Cifar10Error(f"{name} has {len(content):,} bytes, which is no multiple of {RECORD:,}")
    rows = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    labels = rows[:, 0].astype(np.int64)
    if labels.max() > 9:
        raise Cifar10Error(f"{name} has a class {labels.max()}, expected 0 to 9")
    return rows[:, 1:].reshape(-1, 3, 32, 32).copy(), labels
