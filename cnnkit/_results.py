"""What programs that measure have in common: the machine that a figure is of, and a file that is never half written."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

import numpy as np
import torch


def this_machine() -> dict[str, Any]:
    """What a time depends on."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        processor = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        processor = platform.processor() or platform.machine()
    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
    return {"processor": processor, "cores": os.cpu_count(), "system": platform.system(), **versions}


def write_whole(path: Path, text: str) -> None:
    """Put a text into a file, which is there whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
