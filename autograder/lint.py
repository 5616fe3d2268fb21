"""What the build refuses in a unit's source, because learners or the grader would trip over it later.

Each rule is a generator of faults; together they are `lint`.
"""

from __future__ import annotations

import ast
import builtins
import functools
import re
from collections.abc import Callable, Iterator, Mapping

from autograder import marks
from autograder.notebooks import NotebookCell
from autograder.sources import Source, bound, defined
from autograder.suites import MODULE

HEADING = re.compile(r" {0,3}#{1,6}(\s|$)")
UNDERLINE = re.compile(r" {0,3}(=+|-+)\s*")  # below a line of text it makes a heading
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
MYST = re.compile(r"^\s*(`{3,}|:{3,})\{[\w:.-]+\}|(?<![`\w$\\}])\{[a-zA-Z][\w:.-]*\}`[^`]", re.MULTILINE)
RUNS = "what comes from a learner must never run on the trusted side"
CODE_RUNNERS = dict.fromkeys(("eval", "exec", "pickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"), RUNS)
INSIDE = "learners' functions are proxies here, there is nothing to see"
LOOKS_INSIDE = dict.fromkeys(
    ("inspect", "deepcopy", "register_forward_hook", "register_full_backward_hook", "__code__", "__dict__"), INSIDE
)
COMMAND = re.compile(r"^\s*(%{1,2}[a-zA-Z]|![a-zA-Z])", re.MULTILINE)


@functools.cache
def lint(source: Source) -> tuple[str, ...]:
    """All faults of a unit's source, one line each."""
    return tuple(fault for rule in RULES for fault in rule(source))


def solutions_are_marked(source: Source) -> Iterator[str]:
    """Marks stand in pairs in each exercise and, if the question is to stay, in answers; nowhere else."""
    for cell in source.cells:
        found = [mark for line in cell.source.split("\n") for mark in marks.SOLUTION if mark in line]
        pairs = len(found) // 2
        if found != [*marks.SOLUTION] * pairs:
            yield source.fault(cell, "### BEGIN SOLUTION and ### END SOLUTION must alternate")
        elif "exercise" in cell.metadata and not pairs:
            yield source.fault(cell, "no ### BEGIN SOLUTION … ### END SOLUTION: the whole cell would be erased")
        elif pairs and not cell.metadata.keys() & {"exercise", "answer"}:
            yield source.fault(cell, "solution marks outside of an exercise or answer: learners would see them")


def hidden_tests_are_generated(source: Source) -> Iterator[str]:
    """The cell that grades is made from hidden_tests.py."""
    for cell in source.cells:
        if any(mark in cell.source for mark in marks.HIDDEN_TESTS):
            yield source.fault(
                cell, "hidden tests belong in hidden_tests.py; the build writes the cell that calls them"
            )


def no_heading_is_erased(source: Source) -> Iterator[str]:
    """A heading in what learners replace would vanish from their notebook."""
    for cell in source.cells:
        if "answer" in cell.metadata:
            for heading in headings(erased(cell.source)):
                yield source.fault(cell, f"the heading {heading!r} is part of the answer and would be erased")


def erased(text: str) -> str:
    """The part of an answer that learners do not get: between the marks, or all of it."""
    return marks.inside(text, marks.SOLUTION) if marks.SOLUTION[0] in text else text


def headings(text: str) -> Iterator[str]:
    """The headings of a Markdown text, both forms, outside of fenced code."""
    fence, above = "", ""
    for line in text.split("\n"):
        mark = FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence):
            fence = ""
        elif not fence and HEADING.match(line):
            yield line.strip()
        elif not fence and above.strip() and UNDERLINE.fullmatch(line):
            yield above.strip()
        above = "" if fence or mark else line


def prose_is_plain_markdown(source: Source) -> Iterator[str]:
    """Jupyter and Colab show MyST as code."""
    for cell in source.cells:
        if cell.kind == "markdown" and (match := MYST.search(cell.source)):
            yield source.fault(cell, f"{match[0].strip()!r} is MyST, which notebooks show as code")


def code_is_python(source: Source) -> Iterator[str]:
    """All code compiles; only demonstrations may have lines for IPython."""
    for cell in source.cells:
        if cell.kind != "code":
            continue
        if cell.metadata and (match := COMMAND.search(cell.source)):
            yield source.fault(cell, f"{match[0].strip()!r}…: notebook commands are for cells without options only")
            continue
        try:
            ast.parse(COMMAND.sub("pass  # ", cell.source))
        except SyntaxError as error:
            yield source.fault(cell, f"line {error.lineno} of the cell: {error.msg}")


def tests_stand_on_set_up(source: Source) -> Iterator[str]:
    """On the trusted side a test has the set-up, itself and the learner's functions: nothing else exists there."""
    trusted = set(dir(builtins)) | {"__name__"}
    solved: set[str] = set()
    for cell in source.cells:
        if "exercise" in cell.metadata:
            solved |= defined(cell.source)
        elif "setup" in cell.metadata:
            here, used = names(cell)
            trusted |= here
            if unknown := sorted(used - trusted):
                yield source.fault(cell, f"uses {', '.join(unknown)}, which no set-up before it defines")
        elif "tests" in cell.metadata:
            here, used = names(cell)
            if unknown := sorted(used - here - trusted - solved):
                yield source.fault(
                    cell, f"uses {', '.join(unknown)}, which neither set-up nor an exercise before it defines"
                )


def tests_compare_data(source: Source) -> Iterator[str]:
    """What a test is given may be a proxy of something in the learner's process: only data can be looked into."""
    for cell in source.cells:
        if "tests" in cell.metadata:
            for what, why in suspects(cell.source, CODE_RUNNERS | LOOKS_INSIDE):
                yield source.fault(cell, f"uses {what}: {why}")
    hidden = source.path.with_name(f"{MODULE}.py")
    if hidden.is_file():
        for what, why in suspects(hidden.read_text(encoding="utf-8"), CODE_RUNNERS):
            yield f"{hidden}: uses {what}: {why}"


def suspects(code: str, banned: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What an instructor's test must not use, and why; nothing if the code is no Python."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left, [ast.Is() | ast.IsNot(), *_], others):
                if not any(isinstance(side, ast.Constant) for side in (left, *others)):
                    yield "is", "compare values; the learner's objects are proxies here"
            case ast.Import(aliases) | ast.ImportFrom(names=aliases):
                module = getattr(node, "module", None)
                for name in [module] if module else [alias.name for alias in aliases]:
                    if name.partition(".")[0] in banned:
                        yield name, banned[name.partition(".")[0]]
            case ast.Attribute(value, "eval") if not (isinstance(value, ast.Name) and value.id == "builtins"):
                pass  # a module of torch goes into evaluation by this name
            case ast.Name(name) | ast.Attribute(attr=name) if name in banned:
                yield name, banned[name]
            case ast.Attribute(ast.Name("torch"), "load"):
                yield "torch.load", banned["pickle"]


def names(cell: NotebookCell) -> tuple[set[str], set[str]]:
    """The names that a cell binds anywhere, and those it looks up."""
    try:
        tree = ast.parse(cell.source)
    except SyntaxError:
        return set(), set()
    nodes = list(ast.walk(tree))
    binds = {name for node in nodes for name in bound(node)}
    binds |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    binds |= {node.name for node in nodes if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name}
    return binds, {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


RULES: tuple[Callable[[Source], Iterator[str]], ...] = (
    solutions_are_marked,
    hidden_tests_are_generated,
    no_heading_is_erased,
    prose_is_plain_markdown,
    code_is_python,
    tests_stand_on_set_up,
    tests_compare_data,
)
