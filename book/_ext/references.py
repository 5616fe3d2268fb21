"""A style for the list of references whose labels are those of the text: "Krizhevsky et al., 2017".

Sphinx's extension formats every entry of every list anew in each build, twice. Here an entry is formatted once, and
what an earlier build has formatted is taken from there. A plugin that is named, and not given, costs a search through
all installed packages each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from pybtex.backends.plaintext import Backend as PlainText
from pybtex.database import BibliographyData, Entry
from pybtex.plugin import register_plugin
from pybtex.richtext import BaseText
from pybtex.style import FormattedEntry
from pybtex.style.formatting.unsrt import Style as UnsrtStyle
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.names.plain import NameStyle as PlainNames
from pybtex.style.sorting.author_year_title import SortingStyle as AuthorYearTitle
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


class AuthorYearLabels(BaseLabelStyle):
    """Family names of one or two authors, or of the first of many, and the year."""

    def format_labels(self, entries: Iterable[Entry]) -> Iterator[str]:
        for entry in entries:
            names = [" ".join(person.last_names) for person in entry.persons["author"]]
            authors = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
            yield f"{authors}, {entry.fields['year']}".replace("{", "").replace("}", "")


class AuthorYearStyle(UnsrtStyle):
    """The plain style, in the order of authors and years."""

    default_sorting_style = AuthorYearTitle
    default_label_style = AuthorYearLabels
    default_name_style = PlainNames
    known: ClassVar[dict[str, tuple[Entry, BaseText]]] = {}

    def format_entry(self, label: str, entry: Entry, bib_data: BibliographyData | None = None) -> FormattedEntry:
        before, text = self.known.get(entry.key, (None, None))
        if before != entry:
            text = super().format_entry(label, entry, bib_data).text
            self.known[entry.key] = (entry, text)
        return FormattedEntry(entry.key, text, label)


def recall(app: Sphinx, env: BuildEnvironment) -> None:
    """Take over what earlier builds formatted for pages that are as they were then."""
    for citation in env.get_domain("cite").citations:
        AuthorYearStyle.known[citation.entry.key] = (citation.entry, citation.formatted_entry.text)


def setup(app: Sphinx) -> dict[str, Any]:
    register_plugin("pybtex.style.formatting", "course", AuthorYearStyle)
    register_plugin("pybtex.backends", "plaintext", PlainText, force=True)
    app.connect("env-updated", recall, priority=100)  # before the extension formats what is missing
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
