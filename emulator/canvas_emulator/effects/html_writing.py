"""HTML as it is stored: sanitized, and with links that have neither a host nor a secret.

Whatever writes a text passes it through ``stored_html``, as Canvas does when a record is saved.
"""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import parse_qsl, urlencode

import nh3

from canvas_emulator.model.content import File
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.world import World

MEDIA = {"audio", "embed", "iframe", "object", "param", "picture", "source", "track", "video"}
FORMULAS = {"math", "mfrac", "mi", "mn", "mo", "mrow", "msqrt", "msub", "msubsup", "msup", "mtable", "mtd", "mtext"}
TAGS = nh3.ALLOWED_TAGS | MEDIA | FORMULAS | {"big", "font", "main", "mtr", "section", "style", "tfoot"}
"""The tags that stay. Of a script the content goes, too; of all others only the tags."""

ANYWHERE = {"align", "class", "dir", "height", "id", "lang", "role", "style", "tabindex", "title", "valign", "width"}
ATTRIBUTES = {
    "*": ANYWHERE,
    "a": {"href", "hreflang", "name", "rel", "target"},
    "area": {"alt", "coords", "href", "shape", "target"},
    "audio": {"autoplay", "controls", "loop", "muted", "name", "preload", "src"},
    "blockquote": {"cite"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"cite", "datetime"},
    "embed": {"allowfullscreen", "allowscriptaccess", "flashvars", "name", "pluginspage", "src", "type", "wmode"},
    "font": {"color", "face", "size"},
    "iframe": {"allow", "allowfullscreen", "frameborder", "longdesc", "name", "scrolling", "src"},
    "img": {"alt", "border", "hspace", "longdesc", "src", "usemap", "vspace"},
    "ins": {"cite", "datetime"},
    "map": {"name"},
    "object": {"classid", "codebase", "codetype", "data", "name", "type"},
    "ol": {"start", "type"},
    "param": {"name", "type", "value", "valuetype"},
    "q": {"cite"},
    "source": {"media", "src", "type"},
    "table": {"border", "cellpadding", "cellspacing", "frame", "rules", "summary"},
    "td": {"abbr", "axis", "colspan", "headers", "rowspan", "scope"},
    "th": {"abbr", "axis", "colspan", "headers", "rowspan", "scope"},
    "time": {"datetime"},
    "track": {"kind", "label", "src", "srclang"},
    "ul": {"type"},
    "video": {"autoplay", "controls", "loop", "muted", "name", "playsinline", "poster", "preload", "src"},
}
SCHEMES = {"ftp", "http", "https", "mailto", "skype", "tel"}
ADDRESSES = frozenset({"cite", "data", "href", "longdesc", "poster", "src", "value"})
"""The attributes with addresses."""

_FILE = re.compile(
    r"(?P<context>/\w+/\d+)?(?P<path>/files/(?P<id>\d+)(?:/(?:download|preview))?)(?P<query>\?[^#]*)?(?=#|$)"
)


def stored_html(world: World, html: str, base_url: str) -> str:
    """Return a text as it is stored.

    :param base_url: Scheme and host of this Canvas as the client knows them; addresses lose them.
    """
    if not any(sign in html for sign in "<>&"):
        return html
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=partial(_stored_attribute, world, base_url),
        clean_content_tags={"script"},
        generic_attribute_prefixes={"aria-", "data-"},
        link_rel=None,
        url_schemes=SCHEMES,
    )


def _stored_attribute(world: World, base_url: str, _: str, name: str, value: str) -> str:
    if name not in ADDRESSES:
        return value
    address = value.strip().replace(" ", "%20")
    for origin in (base_url, f"https://{world.host}", f"http://{world.host}"):
        if address == origin or address.startswith(f"{origin}/"):
            address = address.removeprefix(origin) or "/"
    link = _FILE.match(address)
    return address if link is None else _file_address(world, address, link)


def _file_address(world: World, address: str, link: re.Match[str]) -> str:
    """Return the address of a file without its verifier, and within what the file is in."""
    query = [(name, value) for name, value in parse_qsl((link["query"] or "")[1:], keep_blank_values=True)]
    kept = [pair for pair in query if pair[0] != "verifier"]
    context = link["context"] or ""
    row = world.anywhere(File, int(link["id"]))
    if not context and row is not None and row.context_type is ContextType.COURSE:
        context = f"/courses/{row.course_id}"
    encoded = (link["query"] or "") if kept == query else (f"?{urlencode(kept)}" if kept else "")
    return f"{context}{link['path']}{encoded}{address[link.end() :]}"
