"""Lines that only IPython understands, taken out of a learner's cell so that the rest of it runs as Python.

Each becomes a line of the same indentation that does nothing, so that the numbers of all other lines stay.
"""

from __future__ import annotations

import re

MAX_CODE = 200_000  # characters; a longer cell is not looked at
CANDIDATE = re.compile(r"^[ \t]*(?:[%!?]|get_ipython\(|(?:pip3?|conda) )|=[ \t]*[%!]|\?[ \t]*$", re.MULTILINE)
# Strings and comments, in which nothing is a command, brackets, inside which a line goes on, and ends of lines. Every
# branch can end wherever it has come to, so none is tried twice. Possessive quantifiers go wrong before Python 3.11.5.
TOKEN = re.compile(
    r'"""(?:[^\\"]+|\\(?:.|\Z)|"(?!""))*(?:"""|\Z)'
    r"|'''(?:[^\\']+|\\(?:.|\Z)|'(?!''))*(?:'''|\Z)"
    r'|"(?:[^"\\\n]+|\\.)*"?'
    r"|'(?:[^'\\\n]+|\\.)*'?"
    r"|\#[^\n]*|\\\n|[(\[{]|[)\]}]|\n",
    re.DOTALL,
)
CELL_MAGIC = re.compile(r"\s*%%(\w+)")
TIMED = re.compile(r"%time(?:it)?[ \t]+(?![-\s%])")
TARGET = re.compile(r"[\w.,* \t\[\]]+")
COMMAND = re.compile(r"%{1,2}[a-zA-Z]|[!?]|get_ipython\(|(?:pip3?|conda) (?:install|uninstall|list|show)\b")
HELP = re.compile(r"[\w.]+\?{1,2}")
PYTHON_MAGICS = {"time", "timeit", "capture", "prun", "memit", "mprun", "python", "python3", "pypy"}


def neutralised(source: str) -> tuple[str, tuple[int, ...]]:
    """The cell as plain Python, and the numbers of the lines that were taken out."""
    if len(source) > MAX_CODE or not CANDIDATE.search(source):
        return source, ()
    lines = source.split("\n")
    if (magic := CELL_MAGIC.match(source)) and magic[1] not in PYTHON_MAGICS:  # the cell is in another language
        return "\n" * (len(lines) - 1), tuple(range(1, len(lines) + 1))
    taken: list[int] = []
    beginnings = _beginnings(source)
    follows = False  # the line goes on with the command above
    for number, line in enumerate(lines):
        plain = "" if follows else _without_command(line) if number in beginnings else None
        if plain is not None:
            lines[number] = plain
            taken.append(number + 1)
            follows = line.endswith("\\")
    return "\n".join(lines), tuple(taken)


def _without_command(line: str) -> str | None:
    """What a line leaves as Python if it is a command of the notebook; else None."""
    body = line.strip()
    indent = line[: len(line) - len(line.lstrip())]
    if match := TIMED.match(body):
        return indent + body[match.end() :]
    if COMMAND.match(body) or HELP.fullmatch(body):
        return f"{indent}pass"
    target, equals, value = body.partition("=")
    if equals and value.lstrip().startswith(("%", "!")) and value[:1] != "=" and TARGET.fullmatch(target):
        return f"{indent}{target.rstrip()} = None"
    return None


def _beginnings(source: str) -> set[int]:
    """The lines, from 0, that begin outside of strings and brackets."""
    line, depth, found = 0, 0, {0}
    for token in TOKEN.finditer(source):
        text = token[0]
        if text in ("(", "[", "{"):
            depth += 1
        elif text in (")", "]", "}"):
            depth = max(depth - 1, 0)
        line += text.count("\n")
        if text == "\n" and depth == 0:
            found.add(line)
    return found
