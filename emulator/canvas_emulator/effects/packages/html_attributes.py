"""The attributes of HTML that hold addresses, found and replaced without touching anything else."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape

_ATTRIBUTE = re.compile(
    r"""(?P<before>\s(?P<name>rel|href|src|data|value|longdesc|data-download-url)\s*=\s*)"""
    r"""(?:"(?P<double>[^"<>]*)"|'(?P<single>[^'<>]*)')""",
    re.IGNORECASE,
)


def replace_addresses(html: str, replaced: Callable[[str], str | None]) -> str:
    """Replace addresses in HTML.

    :param replaced: Returns what takes the place of an address; None for an address that stays.
    """

    def written(match: re.Match[str]) -> str:
        raw = match["double"] if match["double"] is not None else match["single"]
        new = replaced(unescape(raw))
        return match[0] if new is None else f'{match["before"]}"{escape(new, quote=False).replace(chr(34), "&quot;")}"'

    return _ATTRIBUTE.sub(written, html)
