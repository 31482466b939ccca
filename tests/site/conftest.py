"""A browser for the tests of the built site."""

from __future__ import annotations

from tests.support.browser import chromium

__all__ = ["chromium"]
