"""Text from learners made harmless for people's eyes: no control character reaches a terminal, a log or a page.

What could move a cursor, hide or reorder text is shown as an escape, such as `\\x1b` or `\\u202e`.
"""

from __future__ import annotations

import re
import unicodedata

JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji need them
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# What a progress bar drew before its last state. Looked for at the beginnings of lines alone: long ones took minutes.
OVERWRITTEN = re.compile(r"^[^\n]*\r(?!\n)", re.MULTILINE)


def printable(text: str) -> str:
    """The text on one line, control characters escaped."""
    return "".join(_escaped(c) if _is_control(c) else c for c in text) if not text.isprintable() else text


def printable_lines(text: str) -> str:
    """The text with its lines and tabs; colours are dropped, other control characters escaped."""
    plain = COLOURS.sub("", OVERWRITTEN.sub("", text.replace("\r\n", "\n")))
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in plain.split("\n"))


def printable_name(name: str) -> str:
    """A name on one line, in quotes where its spaces would not be seen."""
    shown = printable(name)
    return shown if shown == " ".join(shown.split()) and shown else f"'{shown}'"


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and character not in JOINERS


def _escaped(character: str) -> str:
    code = ord(character)
    short = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character)
    if short:
        return short
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
