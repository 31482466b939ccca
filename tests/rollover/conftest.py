"""Fixtures of the tests of batches: a real browser."""

from __future__ import annotations

from tests.support.browser import chromium, tab

__all__ = ["chromium", "tab"]
