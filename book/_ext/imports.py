"""Which files of the course a piece of code depends on: those it imports, those that these import, and so on.

Where that cannot be told, the answer is the whole of `cnnkit`. What a text imports is noted for the next build, as most
of the time goes into parsing.
"""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from hashlib import sha256
from pathlib import Path

LIBRARY = "cnnkit"
# They load a part by its name when it is asked for, and no other.
LAZY = ("cnnkit/__init__.py", "book/figures/__init__.py")
DYNAMIC = ("importlib", "pkgutil", "runpy")
CALLS = ("__import__", "eval", "exec")
CELL = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{code-cell\}[^\n]*\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.DOTALL | re.MULTILINE
)
MAY_IMPORT = re.compile(r"\b(import|__import__|eval|exec)\b|^\s*[%!]", re.MULTILINE)
NOTES = "imports"
MOST_NOTES = 1000  # texts: several times as many as there are, so that an undone edit is still known
OPTIONS = re.compile(r"\A(---\n.*?^---\n|(:[^\n]*\n)+)", re.DOTALL | re.MULTILINE)


def page_code(text: str) -> str | None:
    """The code of those of a page's cells that may import something; None if it cannot be told."""
    cells = [OPTIONS.sub("", found["body"]) for found in CELL.finditer(text)]
    if len(cells) != text.count("{code-cell}"):
        return None
    return "\n".join(cell for cell in cells if MAY_IMPORT.search(cell))


@cache
def shared(book: str, doctrees: str) -> Imports:
    """The one that all of a build ask; its notes are beside Sphinx's."""
    return Imports(Path(book).parent, Path(doctrees, NOTES))


class Imports:
    """Finds what code imports of the repository with the folder `top`: the library, and modules beside the book.

    The file `notes` has the names that each text imports, by a hash of the text and of this module.
    """

    def __init__(self, top: Path, notes: Path | None = None) -> None:
        self.roots = (top / "book", top)
        self.library = frozenset(top.glob(f"{LIBRARY}/**/*.py"))
        self.lazy = {top / name for name in LAZY}
        self.of_file = cache(self._of_file)
        self.files = cache(self._files)
        self.notes = notes
        self.noted = self._noted()
        self.names = dict(self.noted)
        self.own = Path(__file__).read_bytes()

    def of_page(self, text: str) -> frozenset[Path]:
        """Files that a page's cells depend on."""
        code = page_code(text)
        return self.library if code is None else self._all(self._direct(code, ""))

    def of_module(self, file: Path) -> frozenset[Path]:
        """Files that a module depends on, itself included."""
        return self._all(frozenset([file]))

    def note(self) -> None:
        """Write down what was found, if anything was."""
        if self.notes and self.names != self.noted:
            self.noted = dict(list(self.names.items())[-MOST_NOTES:])
            self.notes.write_text(json.dumps(self.noted), encoding="utf-8")

    def _noted(self) -> dict[str, list[str]]:
        try:
            return dict(json.loads(self.notes.read_text(encoding="utf-8"))) if self.notes else {}
        except (OSError, ValueError):
            return {}

    def _all(self, waiting: frozenset[Path]) -> frozenset[Path]:
        found: frozenset[Path] = frozenset()
        while waiting:
            found |= waiting
            waiting = frozenset().union(*map(self.of_file, waiting)) - found
        return found

    def _of_file(self, file: Path) -> frozenset[Path]:
        root = next(root for root in self.roots if file.is_relative_to(root))
        package = ".".join(file.parent.relative_to(root).parts)
        return self._direct(file.read_text(encoding="utf-8"), package, lazy=file in self.lazy)

    def _direct(self, code: str, package: str, lazy: bool = False) -> frozenset[Path]:
        """Files that code names; the whole library if it can import what it does not name."""
        key = sha256(b"\0".join([self.own, package.encode(), code.encode()])).hexdigest()
        if key not in self.names:
            self.names[key] = sorted(all_imported(code, package))
        names = set(self.names[key])
        if LIBRARY in names or (not lazy and names.intersection(DYNAMIC)):
            return self.library
        return frozenset().union(*map(self.files, names))

    def _files(self, name: str) -> frozenset[Path]:
        """The module of a dotted name and the packages around it; none if it is not of the course."""
        found = set()
        for place in self.roots:
            for word in name.split("."):
                found |= {file for file in (place / f"{word}.py", place / word / "__init__.py") if file.is_file()}
                place /= word
                if not place.is_dir():
                    break
        return frozenset(found)


def all_imported(code: str, package: str) -> set[str]:
    """Dotted names that code of a package may import; the library's name alone if it cannot be told."""
    try:
        return {name for node in ast.walk(ast.parse(code)) for name in imported(node, package)}
    except (SyntaxError, ValueError):
        return {LIBRARY}


def imported(node: ast.AST, package: str) -> list[str]:
    """Dotted names that a statement may import; the library's name alone where it may import any part of it."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
        return [name.partition(".")[0] if name.partition(".")[0] in (LIBRARY, *DYNAMIC) else name for name in names]
    if isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
        module = ".".join([*above, *([node.module] if node.module else [])])
        if module.partition(".")[0] in DYNAMIC:
            return [module.partition(".")[0]]
        return [LIBRARY if alias.name == "*" else f"{module}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
        return [LIBRARY]
    return []
