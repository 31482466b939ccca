"""Test the parser of addresses: what it refuses, the normal form, and that other parsers read the same host."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import urllib3
import yarl
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.security.address import AddressError, parse_address, query_value

REFUSED: dict[str, list[Any]] = {
    "backslash": [
        r"http://evil\@canvas.example/x",
        r"http://canvas.example\.evil.example/",
        r"http:\\canvas.example/",
        r"http://canvas.example/a\b",
        r"http:/\canvas.example/",
    ],
    "user or password": [
        "http://canvas.example@evil.example/",
        "http://user:password@canvas.example/",
        "http://@canvas.example/",
        "http://a@b@canvas.example/",
        "https://canvas.example:443@evil.example/",
    ],
    "space": [
        " http://canvas.example/",
        "http://canvas.example/ ",
        "http://canvas.example /",
        "http://canvas.\texample/",
        "http://canvas.example/\r\nX: y",
        "http://canvas.example/\x00",
        "http://canvas.example/\x7f",
        "http://canvas.example/\x85",
        "http://canvas.example/\u2028",
        "http://canvas.example/\u00a0",
        "http://canvas\u200b.example/",
        "http://canvas.example/\ud800",
    ],
    "scheme is not http": [
        "ftp://canvas.example/",
        "file:///etc/passwd",
        "ws://canvas.example",
        "httpx://canvas.example",
    ],
    "empty": [""],
    "begin with https": [
        "canvas.example",
        "/path",
        "//canvas.example/x",
        "http:canvas.example",
        "http:/canvas.example",
        "javascript:alert(1)",
        "mailto:a@canvas.example",
        "://canvas.example",
        "?x",
    ],
    "host is not valid": [
        "http://",
        "http:///x",
        "http://?x",
        "http://.",
        "http://canvas..example/",
        "http://canvas.example../",
        "http://-canvas.example/",
        "http://canvas-.example/",
        "http://canvas%2eexample/",
        "http://canvas.example%00.evil.example/",
        "http://canvas.example%40evil.example/",
        "http://canvas.example;evil.example/",
        "http://canvas.example&evil.example/",
        "http://canvas.example,evil.example/",
        "http://[::1",
        "http://::1]/",
        "http://::1/",
        "http://[::1]canvas.example/",
        "http://canvas.example[::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://[v1.x]/",
        "http://[canvas.example]/",
        f"http://{'a' * 64}.example/",
        f"http://{'a.' * 127}example/",
        "http://127.0.0.1./",
    ],
    "IPv6": ["http://[]/", "http://[:::1]/", "http://[1.2.3.4]/", "http://[::1::2]/", "http://[1:2:3:4:5:6:7:8:9]/"],
    "port": [
        "http://canvas.example:/",
        "http://canvas.example:0/",
        "http://canvas.example:080/",
        "http://canvas.example:65536/",
        "http://canvas.example:99999999999/",
        "http://canvas.example:-1/",
        "http://canvas.example:+80/",
        "http://canvas.example:8_0/",
        "http://canvas.example:x/",
        "http://canvas.example:80:80/",
        "http://canvas.example:\u0668\u0660/",
        "http://[::1]:/",
    ],
    "four decimal numbers": [
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://127.0.0.01/",
        "http://256.0.0.1/",
        "http://1.2.3.4.5/",
        "http://1.2.3/",
        "http://canvas.example.1/",
    ],
    "no host name has": [
        "http://canvas\u3002example/",
        "http://canvas\uff0eexample/",
        "http://c\uff41nvas.example/",
        "http://\U0001d7cf.example/",
        "http://canvas.example\u2044x/",
        "http://canvas\u2100.example/",
        "http://\u2776.example/",
    ],
    "not a text": [None, 7, b"http://canvas.example/", ["http://canvas.example/"], {}],
    "longer than": ["http://canvas.example/" + "a" * 40_000],
}


def message_of(url: object) -> str:
    """Return why an address is refused."""
    with pytest.raises(AddressError) as refusal:
        parse_address(url)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("reason", "url"),
    [(reason, url) for reason, urls in REFUSED.items() for url in urls],
    ids=lambda value: repr(value)[:60],
)
def test_refused(reason: str, url: object) -> None:
    """An address that parsers read differently is refused, with a reason that does not contain it."""
    message = message_of(url)
    assert reason in message or (reason != "not a text" and "space" in message)
    assert "canvas" not in message


@pytest.mark.parametrize(
    ("url", "normal", "origin"),
    [
        ("https://canvas.example", "https://canvas.example/", ("https", "canvas.example", 443)),
        ("HTTPS://Canvas.Example:443/X", "https://canvas.example/X", ("https", "canvas.example", 443)),
        ("http://canvas.example:80", "http://canvas.example/", ("http", "canvas.example", 80)),
        ("http://canvas.example:443/", "http://canvas.example:443/", ("http", "canvas.example", 443)),
        ("https://canvas.example./x", "https://canvas.example/x", ("https", "canvas.example", 443)),
        ("http://[::1]:3000/http", "http://[::1]:3000/http", ("http", "::1", 3000)),
        ("http://[0:0::0001]", "http://[::1]/", ("http", "::1", 80)),
        ("http://[::FFFF:7f00:1]/", None, ("http", "::ffff:127.0.0.1", 80)),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000/", ("http", "127.0.0.1", 3000)),
        ("http://canvas_web:3000", "http://canvas_web:3000/", ("http", "canvas_web", 3000)),
        ("http://localhost?x=1", "http://localhost/?x=1", ("http", "localhost", 80)),
        ("https://köln.example", "https://xn--kln-sna.example/", None),
        ("https://KÖLN.example", "https://xn--kln-sna.example/", None),
        ("https://straße.example/ä?ö=ü", "https://xn--strae-oqa.example/%C3%A4?%C3%B6=%C3%BC", None),
        ("https://canvas.example/x#part", "https://canvas.example/x", None),
        ("https://canvas.example/x?", "https://canvas.example/x", None),
    ],
)
def test_normal_form(url: str, normal: str | None, origin: tuple[str, str, int] | None) -> None:
    """Addresses of one server have one origin: case, default port, trailing dot and IDNA do not matter."""
    address = parse_address(url)
    if normal is not None:
        assert address.url == normal
    if origin is not None:
        scheme, host, port = address.origin
        assert (scheme, host.replace("::ffff:7f00:1", "::ffff:127.0.0.1"), port) == origin
    assert parse_address(address.url) == address


@pytest.mark.parametrize(
    "target",
    [
        "/b/a.zip?X-Amz-Signature=ab%2Fcd%2fef%7e~&x=%zz&&y=a+b%20c",
        "//two/slashes",
        "/a/../b/./c",
        "/a;b=c,d:e@f!$'()*",
        '/"<>^`{|}[]',
        "/x?a=?&b=/../&c=//h",
        "/x??",
        "/%",
    ],
)
def test_path_and_query_are_kept(target: str) -> None:
    """A path and query may be signed, so they are kept byte for byte, and are in no ``repr``."""
    address = parse_address(f"https://storage.example{target}")
    assert address.target == target
    assert target not in repr(address)


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ("/x", "https://canvas.example/x"),
        ("/x/../y", "https://canvas.example/x/../y"),
        ("x", "https://canvas.example/a/x"),
        ("x?y=/z", "https://canvas.example/a/x?y=/z"),
        ("./x", "https://canvas.example/a/x"),
        ("../x", "https://canvas.example/x"),
        ("../../x", "https://canvas.example/x"),
        ("..", "https://canvas.example/"),
        ("?q=1", "https://canvas.example/a/b?q=1"),
        ("#part", "https://canvas.example/a/b"),
        ("//other.example/x", "https://other.example/x"),
        ("http://other.example", "http://other.example/"),
    ],
)
def test_resolve(reference: str, target: str) -> None:
    """A reference is resolved against the address that was requested."""
    assert parse_address("https://canvas.example/a/b?c=d").resolve(reference).url == target


@pytest.mark.parametrize(
    "reference",
    [
        "",
        r"\\evil.example",
        r"/\evil.example",
        "https:evil.example",
        "https:/evil.example",
        "https:///evil.example",
        "javascript:alert(1)",
        "//user@evil.example",
        "//evil.example:x",
        "///evil.example",
        " /x",
        "/x\n",
        "x:y",
    ],
)
def test_references_that_are_refused(reference: str) -> None:
    """A reference that parsers read differently is refused."""
    with pytest.raises(AddressError):
        parse_address("https://canvas.example/a/b").resolve(reference)


def test_with_query() -> None:
    """Parameters are added to the query, which stays as it is."""
    address = parse_address("https://canvas.example/x?a=%7e")
    assert address.with_query([]) == address
    assert address.with_query([("b[]", "ü ~"), ("c", "/")]).target == "/x?a=%7e&b%5B%5D=%C3%BC+~&c=%2F"


def test_query_value() -> None:
    """A parameter of a URL that is not requested is read, whatever the rest of the URL is."""
    assert query_value("http://[/x?page=a%20b&page=2#p", "page") == "a b"
    assert query_value("/x?page=", "page") == ""
    assert query_value("/x", "page") is None


PIECES = st.sampled_from(
    [
        "canvas.example",
        "evil.example",
        "127.0.0.1",
        "127.1",
        "[::1]",
        "::1",
        "localhost",
        "xn--kln-sna",
        "köln",
        "K",
        "@",
        "\\",
        "/",
        "//",
        "#",
        "?",
        ":",
        ":80",
        ":443",
        ":0",
        ":8080",
        "%40",
        "%2f",
        "%5c",
        "%00",
        "[",
        "]",
        ".",
        " ",
        "\t",
        "\n",
        "\r",
        "\x00",
        "。",
        "\uff0f",
        "℀",
        "user:pass",
        ";",
        "&",
        "_",
        "-",
        "0x7f",
        "1",
        "~",
    ]
)
URLS = st.builds(
    lambda start, pieces: start + "".join(pieces),
    st.sampled_from(
        ["http://", "https://", "HTTP://", "http:/", "http:", "//", "http:///", "http:\\\\", " http://", ""]
    ),
    st.lists(PIECES, max_size=8),
)


def readings(url: str) -> dict[str, Any]:
    """Return how other parsers read the scheme, host and port of a URL; nothing for those that refuse it."""
    found: dict[str, Any] = {}
    for name, parse in {
        "urllib": lambda: urlsplit(url),
        "requests": lambda: urlsplit(str(requests.Request("GET", url).prepare().url)),
        "urllib3": lambda: urllib3.util.parse_url(url),
        "yarl": lambda: yarl.URL(url, encoded=True),
    }.items():
        try:
            parts: Any = parse()
            host = parts.raw_host if name == "yarl" else parts.hostname
            scheme, port = parts.scheme or "", parts.port
        except (ValueError, requests.RequestException, urllib3.exceptions.HTTPError):
            continue
        port = port or {"http": 80, "https": 443}.get(scheme)
        found[name] = (scheme, (host or "").strip("[]").rstrip("."), port)
    return found


@settings(max_examples=1500, deadline=None)
@given(URLS)
def test_all_parsers_agree(url: str) -> None:
    """Every parser reads an accepted address alike, before and after it is brought into its normal form."""
    try:
        address = parse_address(url)
    except AddressError:
        return
    assert readings(address.url) == dict.fromkeys(("urllib", "requests", "urllib3", "yarl"), address.origin)
    if url.isascii():
        for origin in readings(url).values():
            assert (origin[0], origin[1].lower(), origin[2]) == address.origin


VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="\\#")


@settings(max_examples=300, deadline=None)
@given(st.text(VISIBLE, min_size=1, max_size=60))
def test_any_target_is_kept(text: str) -> None:
    """Any visible ASCII text is kept as a path and query."""
    address = parse_address(f"https://storage.example/{text}")
    path, _, query = text.partition("?")
    assert address.target == (f"/{path}?{query}" if query else f"/{path}")
    assert yarl.URL(address.url, encoded=True).raw_path_qs == address.target
