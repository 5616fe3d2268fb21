"""A style for the list of references whose labels are those of the text: "Krizhevsky et al., 2017".

Sphinx's extension formats every entry of every list anew in each build, twice. Here an entry is formatted once, and
what an earlier build has formatted is taken from there. To find what a list holds, it goes through all citations of
the book for each entry there is; here through those of one page, which is all that a page's list asks for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

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
from sphinxcontrib.bibtex.directives import BibliographyKey
from sphinxcontrib.bibtex.domain import BibtexDomain

CITED_ON_THE_PAGE = ast.dump(ast.parse("docname in docnames"))


class CiteDomain(BibtexDomain):
    """The extension's citations, with a short way to the entries of a page's list."""

    def get_filtered_entries(self, bibliography_key: BibliographyKey) -> Iterable[tuple[str, Entry]]:
        listed = self.bibliographies[bibliography_key]
        if ast.dump(listed.filter_) != CITED_ON_THE_PAGE:
            yield from super().get_filtered_entries(bibliography_key)
            return
        references = [found for found in self.citation_refs if found.docname == bibliography_key.docname]
        cited = {target.key for found in references for target in found.targets}
        for entry in self.get_entries(listed.bibfiles):
            key = f"{listed.keyprefix}{entry.key}"
            if key in cited or entry.key in listed.keys:
                yield key, entry


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
    app.add_domain(CiteDomain, override=True)
    register_plugin("pybtex.style.formatting", "course", AuthorYearStyle)
    app.connect("env-updated", recall, priority=100)  # before the extension formats what is missing
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
