"""Secrets are removed from any text, and everything else is kept."""

from __future__ import annotations

import pytest

from airflow_provider_canvas.security.redaction import redact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://x/f?verifier=abc&a=1", "https://x/f?a=1"),
        ("https://x/f?a=1&sf_verifier=abc", "https://x/f?a=1"),
        ("https://s3/f?X-Amz-Signature=abc&X-Amz-Date=1", "https://s3/f"),
        ("https://x/f?sig=abc&jwt=def&api_key=ghi#top", "https://x/f#top"),
        ("access_token=abc", "access_token=***"),
        ("refresh_token=abc&client_secret=def", "refresh_token=***"),
        ("Authorization: Bearer 7~abc", "Authorization: Bearer ***"),
        ("https://ann:pw@school.example/x", "https://***@school.example/x"),
        ("the token is 7~known here", "the token is *** here"),
        ("page 3 of https://x/courses/1?page=3", "page 3 of https://x/courses/1?page=3"),
    ],
)
def test_redact(text: str, expected: str) -> None:
    """Secret parameters of URLs are removed, other secrets are replaced by ``***``, and the rest is kept."""
    assert redact(text, "7~known") == expected
