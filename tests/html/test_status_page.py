"""The page of the local Canvas in a real browser."""

from __future__ import annotations

from canvas_emulator.server import EmulatorServer
from playwright.sync_api import Browser, expect


def test_status_page(chromium: Browser, emulator: EmulatorServer) -> None:
    """The page shows courses, the counts and the time, and its script has no error."""
    page = chromium.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(emulator.url)
    expect(page.get_by_text("BIOL-1010-001")).to_be_visible()
    expect(page.locator("#counts")).to_contain_text("courses")
    expect(page.locator("#time")).to_contain_text("UTC")
    expect(page.locator("#state")).to_have_text("")
    assert errors == []
    page.close()
