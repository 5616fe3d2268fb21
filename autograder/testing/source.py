"""A known answer as the text of a notebook cell."""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import sys
from pathlib import Path

from autograder.testing.answers import Answers
from autograder.testing.calls import Function

Definition = ast.FunctionDef | ast.ClassDef


def answer_source(answer: Function, as_name: str) -> str:
    """Self-contained source of a mistake or an alternative, under the name that the exercise asks for.

    What it uses of its module (imports, constants, helpers) comes along; what registers it and its docstring do not.

    Raises:
        ValueError: If it is no function or class at the top level of a file.
    """
    path = Path(inspect.getfile(answer))
    registries = {name for name, value in vars(sys.modules[answer.__module__]).items() if isinstance(value, Answers)}
    tree = parsed(path.read_text(encoding="utf-8"), frozenset(registries))
    defined = {name: node for node in tree.body for name in names_bound(node)}
    own = defined.get(answer.__name__)
    if not isinstance(own, Definition):
        raise ValueError(f"{answer.__name__} is no function or class at the top level of {path.name}")
    needed: set[int] = set()
    collect(own, defined, needed)
    nodes = (copy.deepcopy(node) for node in tree.body if id(node) in needed)
    parts = [ast.unparse(renamed(node, own.name, as_name)) for node in nodes]
    imports = [part for part in parts if part.startswith(("import ", "from "))]
    others = [part for part in parts if part not in imports]
    return "\n\n\n".join(filter(None, ["\n".join(imports), *others])) + "\n"


def collect(node: ast.stmt, defined: dict[str, ast.stmt], needed: set[int]) -> None:
    """Note a statement and, in turn, all top-level statements that define what it uses."""
    if id(node) in needed:
        return
    needed.add(id(node))
    for name in names_in(node):
        if name in defined:
            collect(defined[name], defined, needed)


def renamed(node: ast.stmt, old: str, new: str) -> ast.stmt:
    """The statement with one name replaced; changes it."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id == old:
            inner.id = new
    if isinstance(node, Definition) and node.name == old:
        node.name = new
    return node


@functools.lru_cache(maxsize=8)
def parsed(text: str, registries: frozenset[str]) -> ast.Module:
    """The tree of a file's text, not to be changed. Known answers have lost what registers them, and docstrings."""
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, Definition):
            kept = [decorator for decorator in node.decorator_list if not registries & names_in(decorator)]
            if len(kept) < len(node.decorator_list) and ast.get_docstring(node) is not None:
                node.body = node.body[1:] or [ast.Pass()]
            node.decorator_list = kept
    return tree


def names_in(node: ast.AST) -> set[str]:
    """All names that a piece of code mentions."""
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def names_bound(node: ast.stmt) -> set[str]:
    """The names that a top-level statement binds."""
    if isinstance(node, Definition):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)}
