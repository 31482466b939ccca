"""The address in Canvas's API that stands beside a link, in the attribute ``data-api-endpoint`` of its tag.

Canvas makes it from the link when it sends a text. In texts that do not pass through the API it stays as it was, so it
follows the link: a link and its endpoint are one row, and are changed together.
"""

from __future__ import annotations

from dataclasses import replace

from airflow_provider_canvas.reconciliation.links.reference import parse_reference

API_ENDPOINT = "data-api-endpoint"
"""The attribute."""

_TOPICS = frozenset({"discussion_topics", "announcements"})


def endpoint_of(endpoint: str, url: str) -> str | None:
    """Return the address in the API of a link's target; None if the endpoint is not that of such a link.

    :param endpoint: The present endpoint: its host and form are kept.
    :param url: The link.
    """
    api, link = parse_reference(endpoint), parse_reference(url)
    if api is None or link is None or not api.api or link.course_id is None:
        return None
    if api.listing is None:
        return replace(api, course_id=link.course_id).url
    if api.listing != link.listing and not {api.listing, link.listing} <= _TOPICS:
        return None
    return replace(api.with_target(link.course_id, link.target), query=None).url
