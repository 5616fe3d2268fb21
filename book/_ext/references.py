"""A style for the list of references whose labels are those of the text: "Krizhevsky et al., 2017"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style as UnsrtStyle
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx


class AuthorYearLabels(BaseLabelStyle):
    """Family names of one or two authors, or of the first of many, and the year."""

    def format_labels(self, entries: Iterable[Entry]) -> Iterator[str]:
        for entry in entries:
            names = [" ".join(person.last_names) for person in entry.persons["author"]]
            authors = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
            yield f"{authors}, {entry.fields['year']}".replace("{", "").replace("}", "")


class AuthorYearStyle(UnsrtStyle):
    """The plain style, in the order of authors and years."""

    default_sorting_style = "author_year_title"
    default_label_style = "course_author_year"


def setup(app: Sphinx) -> dict[str, Any]:
    register_plugin("pybtex.style.labels", "course_author_year", AuthorYearLabels)
    register_plugin("pybtex.style.formatting", "course", AuthorYearStyle)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
