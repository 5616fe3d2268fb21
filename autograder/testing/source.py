"""A known answer as the text of a notebook cell."""

from __future__ import annotations

import ast
import copy
import functools
import inspect
from pathlib import Path

from autograder.testing.calls import Function


def answer_source(answer: Function, as_name: str) -> str:
    """Self-contained source of a mistake or an alternative, under the name that the exercise asks for.

    What it uses of its module (imports, constants, helpers) comes along; decorators and its docstring do not.

    Raises:
        ValueError: If it is no function or class at the top level of a file.
    """
    path = Path(inspect.getfile(answer))
    tree = parsed(path.read_text(encoding="utf-8"))
    defined = {name: node for node in tree.body for name in names_bound(node)}
    own = defined.get(answer.__name__)
    if not isinstance(own, ast.FunctionDef | ast.ClassDef):
        raise ValueError(f"{answer.__name__} is no function or class at the top level of {path.name}")
    needed: set[int] = set()
    collect(own, defined, needed)
    parts = [ast.unparse(stripped(copy.deepcopy(node), own.name, as_name)) for node in tree.body if id(node) in needed]
    imports = [part for part in parts if part.startswith(("import ", "from "))]
    others = [part for part in parts if part not in imports]
    return "\n\n\n".join(filter(None, ["\n".join(imports), *others])) + "\n"


def collect(node: ast.stmt, defined: dict[str, ast.stmt], needed: set[int]) -> None:
    """Note a statement and, in turn, all top-level statements that define what it uses."""
    if id(node) in needed:
        return
    needed.add(id(node))
    parts: list[ast.AST] = [node]
    if isinstance(node, ast.FunctionDef):
        parts = [*node.body, node.args, *filter(None, [node.returns])]
    elif isinstance(node, ast.ClassDef):
        parts = [*node.body, *node.bases]
    for part in parts:
        for name in (inner.id for inner in ast.walk(part) if isinstance(inner, ast.Name)):
            if name in defined:
                collect(defined[name], defined, needed)


def stripped(node: ast.stmt, old: str, new: str) -> ast.stmt:
    """The statement with one name replaced; known answers in it lose decorators and docstrings. Changes it."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id == old:
            inner.id = new
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        if node.decorator_list and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        node.decorator_list = []
        node.name = new if node.name == old else node.name
    return node


@functools.lru_cache(maxsize=8)
def parsed(text: str) -> ast.Module:
    """The tree of a file's text; not to be changed."""
    return ast.parse(text)


def names_bound(node: ast.stmt) -> set[str]:
    """The names that a top-level statement binds."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)}
