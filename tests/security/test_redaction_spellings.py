"""Secrets are removed in whatever form a header, a log, a page, a traceback or a program writes them."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote

import pytest

from airflow_provider_canvas.security.redaction import redact, scrub, strip_url_secrets

SECRET = "s3cr3tV4lue0123456789"
LETTERS = "aB3dE6gH9jK2mN5p" * 4
"""What stands behind the tilde of an access token of Canvas."""

WRITTEN = [
    # Headers.
    f"bEaReR {SECRET}",
    f"Authorization:\tBearer\t{SECRET}",
    f"Authorization: Bearer\n  {SECRET}",
    f"Bearer: {SECRET}",
    f'Bearer "{SECRET}"',
    f"Authorization%3A%20Bearer%20{SECRET}",
    f"header=Bearer+{SECRET}&x=1",
    f"Bearer&nbsp;{SECRET}",
    f"<b>Bearer</b>&nbsp;{SECRET}",
    f'{{"h":"Bearer\\t{SECRET}"}}',
    f"b'Authorization: Bearer {SECRET}\\r\\n'",
    f"[(b'Authorization', b'Bearer {SECRET}')]",
    f"Cookie: _normandy_session={SECRET}; log_session_id={SECRET}",
    f"Cookie: a=1; b={SECRET}; c=2",
    f"set-cookie: _csrf_token={SECRET}; path=/; secure",
    f"_legacy_normandy_session={SECRET}",
    f"https://x.example/f;jsessionid={SECRET}?a=1",
    f'Authorization: Digest username="ann", nonce="abc", response="{SECRET}"',
    f"Authorization: AWS4-HMAC-SHA256 Credential=A/2020/us/s3/aws4_request, SignedHeaders=host;x, Signature={SECRET}",
    f"Authorization: AWS4-HMAC-SHA256 Credential={SECRET}/2020/us/s3/aws4_request, SignedHeaders=host, Signature=abc",
    f"Authorization: AWS A:{SECRET}",
    f"Authorization: SharedKey account:{SECRET}",
    f'Authorization: OAuth oauth_consumer_key="k", oauth_signature="{SECRET}", oauth_nonce="n"',
    f"Authorization: Unknown {SECRET}",
    f"X-CSRF-Token: {SECRET}",
    # Pairs of a name and a value.
    f"('access_token', '{SECRET}')",
    f"[('client_secret', '{SECRET}'), ('a', 'b')]",
    f'["access_token", "{SECRET}"]',
    f'{{"name": "access_token", "value": "{SECRET}"}}',
    f'{{"headers":[{{"name":"Authorization","value":"Bearer {SECRET}"}},{{"name":"Cookie","value":"a={SECRET}"}}]}}',
    f'<input type="hidden" name="authenticity_token" value="{SECRET}">',
    f'<input value="{SECRET}" name="authenticity_token" type="hidden">',
    f'<meta name="csrf-token" content="{SECRET}" />',
    f"<meta content='{SECRET}' name='csrf-token'>",
    f'<input name="SAMLResponse" value="{SECRET}">',
    f'<param name="access_token">{SECRET}</param>',
    # XML.
    f"<Error><AWSAccessKeyId>{SECRET}</AWSAccessKeyId><SignatureProvided>{SECRET}</SignatureProvided></Error>",
    f"<Token-0>{SECRET}</Token-0>",
    f"<access_token><![CDATA[{SECRET}]]></access_token>",
    f"<access_token>\n  {SECRET}\n</access_token>",
    f"&lt;access_token&gt;{SECRET}&lt;/access_token&gt;",
    f'<ns2:AccessToken xmlns:ns2="u">{SECRET}</ns2:AccessToken>',
    f"<saml:SignatureValue>{SECRET}</saml:SignatureValue>",
    f"\\u003ctoken\\u003e{SECRET}\\u003c/token\\u003e",
    f'--b\r\nContent-Disposition: form-data; name="x-amz-signature"\r\n\r\n{SECRET}\r\n--b--',
    # JSON, Python, Ruby, JavaScript, YAML, commands.
    f'{{"access\\u005ftoken": "{SECRET}"}}',
    f'{{"x\\u002damz\\u002dsignature": "{SECRET}"}}',
    f"{{\\u0022access_token\\u0022:\\u0022{SECRET}\\u0022}}",
    f'{{"access_token": ["{SECRET}", "{SECRET}"]}}',
    f'{{"access_token": {{"value": "{SECRET}"}}}}',
    json.dumps(json.dumps(json.dumps(json.dumps({"access_token": SECRET})))),
    json.dumps(json.dumps({"password": f'my"{SECRET}'})),
    f"{{b'access_token': b'{SECRET}'}}",
    f"{{'access_token': u'{SECRET}'}}",
    f"Grant(client_secret=b'{SECRET}')",
    f"access_token: |\n  {SECRET}\n",
    f"access_token: >-\n  {SECRET}\n",
    f'"https://x.example/f?a=1\\x26verifier\\x3d{SECRET}"',
    f"canvas --token {SECRET} --url https://x.example",
    f"access_token := {SECRET}",
    f"access_token -> {SECRET}",
    # Pages, tables, sentences.
    f"│ access_token │ {SECRET} │",
    f"| access_token | {SECRET} |",
    f"**access_token**: `{SECRET}`",
    f"`access_token`: `{SECRET}`",
    f"\u201caccess_token\u201d: \u201c{SECRET}\u201d",
    f"your access token is {SECRET}.",
    f"API key: {SECRET}",
    f"The access token {SECRET} is invalid",
    f"Token '{SECRET}' has expired",
    f"invalid access token ({SECRET})",
    f"refresh_token {SECRET} not found",
    # Within URLs and HTML.
    f"https://x.example/?u=https%3A%2F%2Fy%2Fcb%23access_token%3D{SECRET}%26t%3D1",
    f"https://x.example/?s={quote(quote(quote(json.dumps({'access_token': SECRET}), safe=''), safe=''), safe='')}",
    f"https://x.example/?u={quote(quote(quote(quote(quote(f'/f?verifier={SECRET}&b=2'), safe=''), safe=''), safe=''))}",
    html.escape(html.escape(json.dumps({"access_token": SECRET}))),
    f'<a href="/f?a=1&amp;verifier&#61;{SECRET}">',
    f"/f?verifier&equals;{SECRET}",
    f"https://x.example/?SAMLResponse={SECRET}",
    f"https://x.example/?auth_code={SECRET}&ticket={SECRET}&invitation={SECRET}",
    # Logins.
    f"https%3A%2F%2Fann%3A{SECRET}%40school.example%2F",
    f'"https:\\/\\/ann:{SECRET}@school.example\\/"',
    f"postgresql://ann:{SECRET}/x@db.example/y",
    f"s3://key:{SECRET}@bucket/x",
    # Addresses that give access to whoever knows them.
    f"https://x.example/images/thumbnails/12/{SECRET}",
    f"https://x.example/images/thumbnails/show/12/{SECRET}",
    quote(f"https://x.example/feeds/calendars/course_{SECRET}.ics", safe=""),
    f'"https:\\/\\/x.example\\/feeds\\/calendars\\/course_{SECRET}.ics"',
    # What is a secret by its shape.
    *(f"x 7{tilde}{LETTERS} y" for tilde in ("~", "%7E", "%7e", "%257E", "&#126;", "\\u007e")),
    f"token_7~{LETTERS}",
    f"eyJhbGciOiJSU0EifQ.{SECRET}.AxY8DCtDaGls.KDlTtXchhZTGufMYmOYGS4.XFBoMYUZodetZdvT",
    f"eyJhbGciOiJkaXIifQ..AxY8DCtDaGls.{SECRET}.XFBoMYUZodetZdvT",
    f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n{SECRET}\n-----END PGP PRIVATE KEY BLOCK-----",
    f"-----BEGIN%20PRIVATE%20KEY-----%0A{SECRET}%0A-----END",
    f"Basic%20{base64.b64encode(b'ann:' + SECRET.encode()).decode()}",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_secret_is_removed(text: str) -> None:
    """Nothing of a secret stays, and a second redaction has nothing more to remove."""
    cleaned = redact(text)
    assert SECRET not in cleaned
    assert LETTERS not in cleaned
    assert base64.b64encode(b"ann:" + SECRET.encode()).decode() not in cleaned
    assert redact(cleaned) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "token_type=bearer&scope=x",
        '{"token_type": "bearer", "expires_in": 3600}',
        "Canvas rejects the token: create a new one (Account, Settings, New access token)",
        "the token is valid, but its user lacks the permission",
        '["token", "description", "verifier"]',
        "| token | what to send |",
        "| **Access token** | `password` | required |",
        "course_code=BIOL-1010-001-2026-FALL&context_code=course_12",
        "https://x.example/courses/12/files/34/download?download_frd=1",
        "https://x.example/courses/1?a=b;page=2",
        "mail ann@school.example about https://x.example:443/a",
        "Session 3: the policy on late work",
        "The report is s3://aws_default@bucket/canvas/report.html, the package abfss://box@account.example/a.imscc",
        '<input name="title" value="A page of 2026-11-30T10:00">',
        "<title>Cookie: what is it?</title>",
        "Cookies: enable them in your browser",
        "the signature is missing from the response",
    ],
)
def test_other_texts_are_kept(text: str) -> None:
    """Sentences about secrets, and values that only resemble them, stay as they are."""
    assert redact(text) == text


def test_a_long_secret_is_removed_whole() -> None:
    """The end of a secret of many kilobytes does not stay."""
    assert redact(f"access_token={SECRET * 1000} was sent") == "access_token=*** was sent"


def test_the_thumbnail_of_a_file_has_no_verifier() -> None:
    """The address of a thumbnail ends with the file's verifier, which lets anybody download the file."""
    address = f"https://x.example/images/thumbnails/2/{SECRET}"
    assert strip_url_secrets(address) == "https://x.example/images/thumbnails/2/***"
    assert scrub({"thumbnail_url": address, "access_code": SECRET}) == {
        "thumbnail_url": "https://x.example/images/thumbnails/2/***",
        "access_code": "***",
    }
