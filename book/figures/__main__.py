"""Write diagrams, light and dark, to a folder: all, or those named. Usage: python -m figures FOLDER [NAME ...]"""

import sys
from pathlib import Path

from . import THEMES, names, svg

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for name in sys.argv[2:] or names():
    for theme in THEMES:
        (folder / f"{name}-{theme}.svg").write_bytes(svg(name, theme))
