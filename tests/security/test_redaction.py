"""Secrets are removed from any text, and everything else is kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_provider_canvas.security.redaction import redact, scrub, strip_url_secrets
from airflow_provider_canvas.security.secret import Secret

VALUE = "s3cr3tV4lue0123456789"
NAMES = (
    *(
        "verifier",
        "sf_verifier",
        "access_token",
        "refresh_token",
        "session_token",
        "sessionless_launch_token",
        "id_token",
    ),
    *(
        "client_secret",
        "shared_secret",
        "oauth_signature",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
        "X-Goog-Signature",
    ),
    *("sig", "jwt", "api_key", "apiKey", "access-key", "AWSAccessKeyId", "Key-Pair-Id", "password", "secure_params"),
    *(
        "ACCESS_TOKEN",
        "authenticity_token",
        "private_key",
        "hmac",
        "csrfToken",
        "client_assertion",
        "attachment[verifier]",
    ),
)
FORMS: dict[str, Callable[[str, str], str]] = {
    "first parameter": lambda name, value: f"see https://x.example/f?{name}={value}&a=1 there",
    "further parameter": lambda name, value: f"see https://x.example/f?a=1&{name}={value} there",
    "relative": lambda name, value: f"/files/1/download?download_frd=1&{name}={value}#top",
    "HTML": lambda name, value: f'<a href="/f?a=1&amp;{name}={value}">file</a>',
    "HTML entity": lambda name, value: f'<a href="/f?a=1&#38;{name}={value}">file</a>',
    "JSON escape": lambda name, value: f'{{"url":"https://x.example/f?a=1\\u0026{name}={value}\\u0026b=2"}}',
    "JSON escape in a text": lambda name, value: json.dumps(f'{{"u":"/f\\u003f{name}\\u003d{value}\\u0026b=2"}}'),
    "nested": lambda name, value: (
        f"https://x.example/login?to={quote(f'https://y.example/f?a=1&{name}={value}&b=2', '')}"
    ),
    "nested twice": lambda name, value: (
        f"https://x.example/?to={quote(quote(f'/f?{name}={value}&b=2', safe=''), safe='')}&c=3"
    ),
    "nested at two levels": lambda name, value: (
        f"/x?a={quote('/y?b=' + quote(f'/z?{name}={value}&c=1', safe=''), safe='')}&d=2"
    ),
    "JSON": lambda name, value: json.dumps({name: value, "b": 2}),
    "JSON without spaces": lambda name, value: json.dumps({"a": 1, name: value}, separators=(",", ":")),
    "JSON that is cut off": lambda name, value: json.dumps({name: value})[:-2],
    "JSON in JSON": lambda name, value: json.dumps({"body": json.dumps({name: value, "b": "kept"})}),
    "Python": lambda name, value: repr({name: value, "b": 2}),
    "Ruby": lambda name, value: f'{{:b=>2, "{name}"=>"{value}"}}',
    "form": lambda name, value: f"a=1&{name}={value}",
    "first of a form": lambda name, value: f"{name}={value}&a=1",
    "JSON in HTML": lambda name, value: f"<a data-x='{json.dumps({name: value}).replace(chr(34), '&quot;')}'>",
    "JSON in a URL": lambda name, value: (
        f"https://x.example/?state={quote(json.dumps({name: value, 'b': 2}), safe='')}&c=3"
    ),
    "equals sign of JSON in a URL": lambda name, value: f'"https://x.example/f?{name}\\u003d{value}"',
    "XML": lambda name, value: f"<a><x:{name} b='1'>{value}</x:{name}></a>",
    "attribute": lambda name, value: f'<param {name}="{value}" a="1">',
    "header": lambda name, value: f"{name}: {value}",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_a_secret_value_is_removed_in_every_form(name: str, form: str) -> None:
    """The value of each secret name is removed, however the text writes it."""
    text = FORMS[form](name, VALUE)
    assert VALUE in text
    cleaned = redact(text)
    assert VALUE not in cleaned
    assert redact(cleaned) == cleaned


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "name", ["page", "course_id", "sort", "keyword", "tokens_used", "signature_required", "include[]"]
)
def test_other_values_are_kept(name: str, form: str) -> None:
    """A text without secret names stays as it is."""
    text = FORMS[form](name, VALUE)
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://x/f?verifier=abc&a=1", "https://x/f?a=1"),
        ("https://x/f?a=1&sf_verifier=abc", "https://x/f?a=1"),
        ("https://s3/f?X-Amz-Signature=abc&X-Amz-Date=1", "https://s3/f"),
        ("https://x/f?sig=abc&jwt=def&api_key=ghi#top", "https://x/f#top"),
        ("https://x/f?acc%65ss_token=abc&a=1", "https://x/f?a=1"),
        ("https://x/f?user[token]=abc&a[]=1", "https://x/f?a[]=1"),
        ("access_token=abc", "access_token=***"),
        ("refresh_token=abc&client_secret=def", "refresh_token=***"),
        ("Authorization: Bearer 7~abc", "Authorization: Bearer ***"),
        ("Authorization: Basic YW5uOnB3", "Authorization: Basic ***"),
        ("Basic YW5uOnB3 was refused", "Basic *** was refused"),
        ("a Basic understanding of chemistry", "a Basic understanding of chemistry"),
        ('{"Authorization": "Token abc"}', '{"Authorization": "***"}'),
        ("https://ann:pw@school.example/x", "https://***@school.example/x"),
        ("canvas://:7~abc@school.example/http", "canvas://***@school.example/http"),
        ("postgresql://u:p@w@db.example/x", "postgresql://***@db.example/x"),
        ("the token is 7~known here", "the token is *** here"),
        ("page 3 of https://x/courses/1?page=3", "page 3 of https://x/courses/1?page=3"),
        ("access_token: 7~abcdef", "access_token: ***"),
        ("client_secret: contains a space", "client_secret: contains a space"),
        ("Canvas rejects the token: create a new one", "Canvas rejects the token: create a new one"),
        (
            '{"token": null, "password": false, "secret": {"a": 1}}',
            '{"token": null, "password": false, "secret": {"a": 1}}',
        ),
        (f"a token 1~{'a' * 64} in a sentence", "a token *** in a sentence"),
        ("https://x/feeds/calendars/user_aB3dE6gH9jK2.ics", "https://x/feeds/calendars/user_***.ics"),
        ("/feeds/topics/12/enrollment_aB3dE6gH9jK2.rss", "/feeds/topics/12/enrollment_***.rss"),
        ("<token>7~abcdefgh", "<token>***"),
        ("run curl -su ann:pw https://x, or curl -u ann:pw x", "run curl -su ann:*** https://x, or curl -u ann:*** x"),
        ("curl -sS --user='ann:p w' x", "curl -sS --user='ann:***' x"),
        ("curl https://x/a:b --user-agent ann:pw", "curl https://x/a:b --user-agent ann:pw"),
        ("write <token> into the password", "write <token> into the password"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln is a web token", "*** is a web token"),
    ],
)
def test_redact(text: str, expected: str) -> None:
    """Secret parameters of URLs are removed, other secrets are replaced by ``***``, and the rest is kept."""
    assert redact(text, Secret("7~known")) == expected


@pytest.mark.parametrize("secret", ["7~a/b+c=", 'quo"te', "plain"])
def test_a_known_secret_is_removed_in_every_spelling(secret: str) -> None:
    """A secret that is passed is removed as it is, percent-encoded, and as JSON."""
    text = f"{secret} {quote(secret, safe='')} {json.dumps(secret)}"
    assert redact(text, Secret(secret)) == '*** *** "***"'


@given(st.text(max_size=200))
@example("?a?&token=b?&c")
@example('{"token": "a\\')
def test_redaction_is_repeatable(text: str) -> None:
    """A text that was redacted has nothing more to remove."""
    assert redact(redact(text)) == redact(text)


@given(st.sampled_from(NAMES), st.from_regex(r"[A-Za-z0-9~._\-/+]{8,60}", fullmatch=True), st.text(max_size=20))
def test_any_value_is_removed(name: str, value: str, before: str) -> None:
    """Whatever stands before the URL of a file, and whatever its verifier is: it is removed."""
    value = f"Zq7{value}"
    assert value not in redact(f"{before} https://x.example/f?a=1&{name}={value}")


SIGNED = "https://x.example/f?verifier=abc"


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            {"lock_explanation": f'<a href="{SIGNED}&amp;wrap=1">x</a>'},
            {"lock_explanation": '<a href="https://x.example/f?wrap=1">x</a>'},
        ),
        ({"id": 1, "secure_params": "eyJhbG"}, {"id": 1, "secure_params": "***"}),
        ({"podcast_url": "https://x.example/feeds/topics/7.rss"}, {"podcast_url": "***"}),
        ({"calendar": {"ics": "https://x.example/feeds/c.ics"}}, {"calendar": {"ics": "***"}}),
        ({"access_token": "abc", "session_url": "/x?session_token=abc"}, {"access_token": "***", "session_url": "/x"}),
        (
            {"uuid": "abc", "upload_status": "success", "url": SIGNED},
            {"uuid": "***", "upload_status": "success", "url": "https://x.example/f"},
        ),
        (
            {"podcast_url": None, "token": "", "has_password": True},
            {"podcast_url": None, "token": "", "has_password": True},
        ),
        (
            [{"title": "Sessions", "session": 3, "policy": "late work"}],
            [{"title": "Sessions", "session": 3, "policy": "late work"}],
        ),
        ({"body": "write token=5 and password = 7"}, {"body": "write token=5 and password = 7"}),
        (
            {"secure_params": {"jwt": "abc", "n": 1}, "oauth_token": ["abc", None]},
            {"secure_params": {"jwt": "***", "n": 1}, "oauth_token": ["***", None]},
        ),
    ],
)
def test_scrub(record: Any, expected: Any) -> None:
    """Records lose what gives access without a token, and nothing else."""
    assert scrub(record) == expected


def test_secrets_of_a_long_text_are_removed() -> None:
    """A page body of a megabyte is cleaned too, in reasonable time."""
    text = f"<p>{'?a=1&amp;b=2 %3Fa%3D1 x: y = ' * 30_000}</p><a href='{SIGNED}'>"
    assert strip_url_secrets(text).endswith("<a href='https://x.example/f'>")
    assert redact(text).endswith("<a href='https://x.example/f'>")


@pytest.mark.parametrize(
    "piece", ["a", "/feeds/", "<token>", "%5b", "%22a", "&quot;token&quot;:", "\\", "?a=", "x-", "curl -u "]
)
def test_redaction_takes_linear_time(piece: str) -> None:
    """Ten times the text takes about ten times as long, whatever is repeated in it: a server cannot block a task."""

    def seconds(length: int) -> float:
        text = f"?{piece * (length // len(piece))}"
        began = time.process_time()
        redact(text)
        return time.process_time() - began

    assert min(seconds(40_000) for _ in range(3)) < 30 * max(min(seconds(4_000) for _ in range(3)), 0.001)


_FRAGMENTS = (
    "?", "&", "\\u0026", "%3F", "%3a", "~", "@", "://", "https", "/feeds/", "eyJ", "abcdef.ghijkl.",
    "verifier", "=", "SECRETSECRET", "7", "x" * 40, " ", "'", "_", ".ics",
)  # fmt: skip


@given(st.lists(st.sampled_from(_FRAGMENTS), max_size=12).map("".join))
@example("https://user:word@h")
@example("/FEEDS/calendars/user_abcdefghij.ics")
def test_texts_are_cleaned_alike_wherever_they_stand(text: str) -> None:
    """A text that needs no cleaning by its characters stays as it is beside one that does."""
    assert strip_url_secrets(f"{text} %") == f"{strip_url_secrets(text)} %"
