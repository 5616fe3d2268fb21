"""What every page's first cell needs: the look of its figures, and numbers for its text."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats
from myst_nb import glue


def begin() -> None:
    """Use the course's look for the figures of a page, as SVG without a date."""
    plt.style.use("_assets/course.mplstyle")
    set_matplotlib_formats("svg", bbox_inches=None, metadata={"Date": None, "Creator": None})


def say(**values: int | float | str) -> None:
    """Make values available to the text of a page by name; whole numbers get commas between thousands."""
    for name, value in values.items():
        glue(name, f"{value:,}" if isinstance(value, int) else str(value), display=False)
