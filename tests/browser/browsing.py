"""A server for what the tests open, and a reader who notes what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
MODES = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 375, "height": 800}},
}
AXE = {"resultTypes": ["violations"], "preload": False, "performanceTimer": False}

# axe computes the contrast of every text on the page, and a formula or a listing has hundreds of the same colours.
# A formula becomes one box of its size; a listing keeps one word of each kind, and the rest joins its own text.
SHORTEN = """() => {
  const boxes = [...document.querySelectorAll(".katex-html")].map((box) => [box, box.getBoundingClientRect()]);
  for (const [box, { width, height }] of boxes) {
    box.textContent = "x";
    box.style.cssText = `display: inline-block; overflow: hidden; width: ${width}px; height: ${height}px`;
  }
  for (const math of document.querySelectorAll(".katex math")) {
    math.textContent = math.querySelector("annotation").textContent;
  }
  for (const listing of document.querySelectorAll(".highlight pre")) {
    const kinds = new Set();
    for (const word of listing.querySelectorAll("span")) {
      if (kinds.has(word.className)) word.replaceWith(...word.childNodes);
      kinds.add(word.className);
    }
    listing.normalize();
  }
}"""


class Reader:
    """One page of the browser, that notes errors and whatever it was refused or asked of others."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.home = "about:"
        self.page.on("console", self.said)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("request", self.asked)
        self.page.on("requestfailed", lambda request: self.faults.append(f"failed: {request.url}"))

    def said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def asked(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.faults.append(f"outside: {request.url}")

    def open(self, home: str, path: str = "") -> Page:
        """Opens a page of the place `home`; what is noted from now on is about this page."""
        self.page.goto("about:blank")
        self.faults.clear()
        self.home = home
        self.page.goto(f"{home}{path}")
        self.page.evaluate("() => document.fonts.ready")
        return self.page

    def violations(self) -> list[str]:
        """What axe finds, with everything unfolded."""
        self.page.evaluate("() => document.querySelectorAll('details').forEach((fold) => { fold.open = true })")
        self.page.evaluate(SHORTEN)
        found = Axe().run(self.page, options=AXE).response["violations"]
        return [f"{fault['id']}: {node['target']} {node['html'][:200]}" for fault in found for node in fault["nodes"]]

    def sideways(self) -> int:
        """Pixels by which the page is wider than the window."""
        return int(
            self.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        )


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder))) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
