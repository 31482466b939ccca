"""A real Chromium without a window, for tests of the reports.

A ``conftest.py`` that imports ``chromium`` and ``tab`` provides both fixtures. The browser starts once per module, and
every test gets a tab of its own.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, sync_playwright

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

MISSING = f"Chromium is not installed: none of {', '.join(COMMANDS)} is in PATH. Install it: apt-get install chromium"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start a browser for the tests of a module, or skip them if Chromium is not installed."""
    program = next(filter(None, map(shutil.which, COMMANDS)), None)
    if program is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, chromium_sandbox=False)
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Page]:
    """Open a tab, and fail the test if a page has an error, violates its policy or sends a request."""
    context = chromium.new_context(accept_downloads=True, timezone_id="America/New_York", locale="en-GB")
    page = context.new_page()
    faults: list[str] = []

    def check_message(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            faults.append(message.text)

    def check_request(request: Request) -> None:
        if urlsplit(request.url).scheme not in ("file", "data", "blob"):
            faults.append(f"The page sent a request: {request.url}")

    def dismiss(dialog: Dialog) -> None:
        faults.append(f"The page opened a dialog: {dialog.message}")
        dialog.dismiss()

    page.on("console", check_message)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", check_request)
    page.on("dialog", dismiss)
    yield page
    context.close()
    assert faults == []


def open_page(tab: Page, folder: Path, html: str) -> None:
    """Write a page to a file, and open the file.

    :param tab: The tab.
    :param folder: The folder of the file.
    :param html: The page.
    """
    file = folder / "page.html"
    file.write_text(html, encoding="utf-8")
    tab.goto(file.as_uri())


def exported(tab: Page, section: str = "[data-export]") -> tuple[str, list[list[str]]]:
    """Press the CSV button, and return the name of the file and its rows.

    :param tab: The tab.
    :param section: A selector of the part of the page.
    """
    with tab.expect_download() as download:
        tab.locator(section).get_by_role("button", name="CSV").click()
    content = download.value.path().read_bytes()
    assert content.startswith(b"\xef\xbb\xbf"), "The byte order that tells a spreadsheet UTF-8 is missing"
    return download.value.suggested_filename, list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
