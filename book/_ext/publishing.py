"""What others need to know of the site: the version in each page's foot, a card for links, a map of all pages.

Addresses begin with `baseurl` of `_config.yml`; the version has its home in `pyproject.toml`.
"""

from __future__ import annotations

import tomllib
from html import escape
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape as escape_xml

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

CARD = "_static/card.png"
CARD_ALT = "An image of six times six pixels, a kernel of three times three on it, and the feature map that they give"


def version_of(project: Path) -> str:
    """The course's version, as the project's file has it."""
    return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])


def note_version(app: Sphinx, config: Config) -> None:
    """Put the version into the configuration and, with a link to what is new, into each page's foot."""
    config.version = config.release = version_of(Path(app.srcdir).parent / "pyproject.toml")
    options = config.html_theme_options
    news = f"{options['repository_url']}/blob/{options['repository_branch']}/CHANGELOG.md"
    options["extra_footer"] = f'<p>Version {config.release}: <a href="{news}">what is new</a></p>'


def add_card(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None) -> None:
    """Say in the page's head what a link to it shows elsewhere."""
    if tree is None:
        return
    words = [str(meta["content"]) for meta in tree.findall(nodes.meta) if meta.get("name") == "description"]
    if not words:
        raise ValueError(f"{page} has no description under myst: html_meta")
    title = tree.next_node(nodes.title)
    facts = {
        "og:title": title.astext() if title else page,
        "og:description": words[0],
        "og:type": "website" if page == app.config.root_doc else "article",
        "og:site_name": app.config.html_title,
        "og:url": context["pageurl"],
        "og:image": f"{app.config.html_baseurl}{CARD}",
        "og:image:alt": CARD_ALT,
        "twitter:card": "summary_large_image",
    }
    context["metatags"] += "".join(
        f'<meta {"name" if name.startswith("twitter") else "property"}="{name}" content="{escape(value)}"/>\n'
        for name, value in facts.items()
    )


def site_map(base: str, pages: list[str]) -> str:
    """All pages for search engines."""
    places = "".join(f"  <url><loc>{escape_xml(f'{base}{page}.html')}</loc></url>\n" for page in pages)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{places}</urlset>\n'
    )


def draw_card(path: Path, title: str, motto: str) -> None:
    """A picture of 1200×630 pixels: the course's name, and an image with its differences between left and right."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    ink, blue, orange, paper = "#e6e9ed", "#0072B2", "#D55E00", "#121212"
    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor=paper)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 1200), ylim=(630, 0))
    axes.axis("off")
    axes.text(70, 150, title.replace(" ", "\n", 1), size=44, weight="bold", color=ink, va="center", linespacing=1.2)
    axes.text(70, 565, motto, size=18, color=ink, va="center")

    image = [[(3 * row + 5 * column + row * column) % 7 / 6 for column in range(6)] for row in range(6)]
    upright = [
        [sum(image[row + i][column + 2] - image[row + i][column] for i in range(3)) / 3 for column in range(4)]
        for row in range(4)
    ]
    for left, top, values, low in ((640, 250, image, 0), (950, 292, upright, -1)):
        for row, line in enumerate(values):
            for column, value in enumerate(line):
                shade = 0.15 + 0.6 * (value - low) / (1 - low)
                corner = (left + 42 * column, top + 42 * row)
                axes.add_patch(Rectangle(corner, 42, 42, facecolor=str(shade), edgecolor=paper))
    for corner, side in (((682, 292), 126), ((992, 334), 42)):
        axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=orange, linewidth=5))
    for start, end in ((292, 334), (418, 376)):
        axes.plot([808, 992], [start, end], color=orange, linewidth=2)
    axes.add_patch(Rectangle((0, 0), 1200, 14, facecolor=blue))
    figure.savefig(path, metadata={"Software": None})


def publish(app: Sphinx, error: Exception | None) -> None:
    """Write the map and the card beside the finished pages."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    text = site_map(app.config.html_baseurl, sorted(app.env.found_docs))
    (out / "sitemap.xml").write_text(text, encoding="utf-8")
    card = out / CARD
    if not card.exists() or card.stat().st_mtime < Path(__file__).stat().st_mtime:
        draw_card(card, app.config.html_title, "A book, graded notebooks, and an autograder")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", note_version)
    app.connect("html-page-context", add_card)
    app.connect("build-finished", publish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
