"""The built site in a real browser: on a desk and on a phone, light and dark."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.site.built_site import SITE

PAGES = (
    "index.html",
    "course_copy.html",
    "connection.html",
    "operators.html",
    "endpoints.html",
    "ledger.html",
    "changelog.html",
    "reference/operators/course_copy.html",
    "reference/endpoints/courses.html",
    "reference/tables.html",
    "reference/hooks.html",
    "search.html?q=CanvasCourseCopyOperator",
)
"""Pages with all that may be too wide: tables, code, long names, signatures."""


class QuietHandler(SimpleHTTPRequestHandler):
    """Serve files without a line per request."""

    def log_message(self, *arguments: Any) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Serve the site, and return its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(QuietHandler, directory=str(SITE))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
def test_pages_fit_and_have_no_errors(chromium: Browser, site: str, width: int, scheme: Any) -> None:
    """No page scrolls sideways, logs an error, or requests anything from another host; each follows the scheme."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab = context.new_page()
    faults: list[str] = []
    tab.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on(
        "request", lambda request: faults.append(request.url) if not request.url.startswith((site, "data:")) else None
    )
    for name in PAGES:
        tab.goto(site + name, wait_until="load")
        widths = tab.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        if widths[0] > widths[1]:
            faults.append(f"{name} is {widths[0]} pixels wide")
        if tab.evaluate("document.documentElement.dataset.theme") != scheme:
            faults.append(f"{name} is not {scheme}")
    context.close()
    assert faults == []


def test_search_finds_a_class(chromium: Browser, site: str) -> None:
    """The search of the site works in the browser, and finds the page of a class."""
    tab = chromium.new_page()
    tab.goto(f"{site}search.html?q=CanvasCourseCopyOperator")
    tab.locator("#search-results a[href*='reference/operators/course_copy.html']").first.wait_for()
    tab.close()


def test_versions_are_offered(chromium: Browser, site: str) -> None:
    """The switch of versions offers those of ``switcher.json``."""
    tab = chromium.new_page()
    tab.goto(f"{site}index.html")
    tab.locator(".version-switcher__menu a").first.wait_for(state="attached")
    offered = tab.locator(".version-switcher__menu a").all_text_contents()
    assert {"stable", "latest (main branch)"} <= {text.strip() for text in offered}
    tab.close()
