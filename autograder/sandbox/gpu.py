"""The GPUs of this machine, and what of one a sandbox shows.

A job has its GPU to itself: the sandbox shows the files of that one card, and the job that wants it next waits. Cells
run as on a machine without: CUDA cannot be used in a copy of a process that has used it, and each exercise's tests run
in a copy. There it is let in once the tests ask for it, by `instruments.reveal_gpu`.

Not tried on a GPU yet: there was none where this was written.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

DEVICES = Path("/dev")
DRIVER = Path("/proc/driver/nvidia/gpus")
SHARED = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")  # of the driver, for whichever card
VISIBLE = "CUDA_VISIBLE_DEVICES"
HIDDEN = {VISIBLE: "", "PYTORCH_NVML_BASED_CUDA_CHECK": "1"}  # asked whether there is a GPU, torch does not start CUDA


def found() -> tuple[int, ...]:
    """The numbers of this machine's NVIDIA GPUs."""
    names = (path.name.removeprefix("nvidia") for path in DEVICES.glob("nvidia[0-9]*"))
    return tuple(sorted(int(name) for name in names if name.isdecimal()))


def chosen(text: str) -> tuple[int, ...]:
    """The GPUs that "0,2" or "all" names.

    Raises:
        ValueError: If this machine has not got them, or the text names none.
    """
    here = found()
    if text == "all":
        return here
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise ValueError(f"{text!r} names no GPUs: numbers such as 0,1 are expected, or all")
    numbers = tuple(dict.fromkeys(map(int, parts)))
    if missing := set(numbers) - set(here):
        raise ValueError(f"there is no GPU {min(missing)} here, only {', '.join(map(str, here)) or 'a processor'}")
    return numbers


def files(number: int) -> list[str]:
    """What a sandbox shows of one GPU."""
    return [str(path) for path in (DEVICES / name for name in (f"nvidia{number}", *SHARED)) if path.exists()]


def name(number: int) -> str:
    """A GPU's model, as the driver tells it."""
    for path in DRIVER.glob("*/information"):
        with contextlib.suppress(OSError, ValueError):
            lines = (line.partition(":") for line in path.read_text(encoding="utf-8").splitlines())
            about = {key.strip(): value.strip() for key, _, value in lines}
            if int(about.get("Device Minor", -1)) == number:
                return about.get("Model", "NVIDIA GPU")
    return "NVIDIA GPU"
