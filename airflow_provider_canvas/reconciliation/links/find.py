"""Find the addresses in the content of a destination that do not lead to where they should."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.reconciliation.links.address_checker import AddressChecker
from airflow_provider_canvas.reconciliation.links.api_endpoint import API_ENDPOINT, endpoint_of
from airflow_provider_canvas.reconciliation.links.bodies import Body, Listings, bodies_of
from airflow_provider_canvas.reconciliation.links.course_index import CourseIndex
from airflow_provider_canvas.reconciliation.links.finding import Finding
from airflow_provider_canvas.reconciliation.links.html_scan import TEXT, Address, link_text, scan
from airflow_provider_canvas.reconciliation.links.reference import (
    Reference,
    host_of,
)
from airflow_provider_canvas.reconciliation.links.shards import Shards, course_id_of
from airflow_provider_canvas.reconciliation.links.source_texts import SourceTexts
from airflow_provider_canvas.reconciliation.links.stale_link import ONLY_REPORTED, Problem, StaleLink
from airflow_provider_canvas.reconciliation.links.translation import Translator
from airflow_provider_canvas.reconciliation.mapping import AssetMap
from airflow_provider_canvas.security.redaction import strip_url_secrets

LISTINGS: tuple[str, ...] = ("course", "folders", "page_bodies", "quiz_questions", "calendar_events")
"""The further listings in which links stand, or by which their targets are found."""


def find_stale_links(
    *,
    source: Listings,
    destination: Listings,
    mapping: AssetMap,
    source_course_ids: Sequence[str],
    destination_course_id: str,
    hosts: Collection[str],
    allowed_course_ids: Collection[str] = (),
) -> list[StaleLink]:
    """Return the addresses of the destination that do not lead to where they should, in the order of the places.

    A listing that is absent is unknown: nothing that only it could show is reported.

    :param source: Canvas's raw records of the source by listing, with the bodies of pages.
    :param destination: Canvas's raw records of the destination, likewise.
    :param mapping: Canvas's ``asset_id_mapping`` of the copy.
    :param source_course_ids: The course that was copied, earlier sources of the destination, and their own sources;
        the newest copy first.
    :param destination_course_id: The course it was copied into.
    :param hosts: The hosts of this Canvas, with or without ``https://``; the first is the one that right addresses get.
    :param allowed_course_ids: Other courses to which links lead on purpose.
    """
    shards = Shards.between(mapping, source, destination)

    def local_id(written: str) -> str:
        return shards.local_id(written) or written

    ids = [local_id(course_id) for course_id in source_course_ids]
    source_id = course_id_of(source) or (ids[0] if ids else "")
    source_index = CourseIndex(source, source_id, local_id)
    destination_index = CourseIndex(destination, local_id(destination_course_id), local_id)
    checker = AddressChecker(
        Translator(source_index, destination_index, mapping, shards),
        tuple(dict.fromkeys((source_id, *ids))),
        tuple(dict.fromkeys(host_of(host) for host in hosts if host)),
        next((host for host in hosts if host), ""),
        frozenset(map(local_id, allowed_course_ids)),
    )
    texts = SourceTexts(source_index, destination_index, mapping)
    return [
        link
        for body in bodies_of(destination, destination_index.course_id)
        for link in (_in_address(checker, body) if body.is_address else _in_html(checker, body, texts))
    ]


def _in_html(checker: AddressChecker, body: Body, texts: SourceTexts) -> Iterator[StaleLink]:
    """Yield the stale links of a text."""
    addresses = scan(body.html)
    originals: Mapping[int, Reference] = texts.references(body, addresses) if addresses else {}
    found: dict[int, Finding] = {}
    for number, address in enumerate(addresses):
        if finding := checker.check(address.url, originals.get(number)):
            found[number] = finding
    links = _links_of_tags(addresses) if found else {}
    href: int | None = None
    for number, address in enumerate(addresses):
        row = found.get(number)
        if row is not None and address.attribute == API_ENDPOINT:
            row = _endpoint_of_right_link(row, address, links[address.tag_start], found)
        elif row is not None and address.attribute == TEXT:
            row = None if _is_mere_text(row, None if href is None else found.get(href)) else row
        elif address.attribute == "href":
            href = number
        if row is not None:
            yield _stale_link(body, number, address, row)


def _links_of_tags(addresses: Sequence[Address]) -> Mapping[int, list[tuple[int, Address]]]:
    """Return the addresses of each tag, with their numbers, without its endpoint of the API."""
    links: dict[int, list[tuple[int, Address]]] = defaultdict(list)
    for number, address in enumerate(addresses):
        if address.attribute != API_ENDPOINT:
            links[address.tag_start].append((number, address))
    return links


def _in_address(checker: AddressChecker, body: Body) -> Iterator[StaleLink]:
    """Yield the stale link of a field that is one address."""
    is_custom = body.field.startswith("custom.")
    name = body.field.removeprefix("custom.") if is_custom else ""
    finding = (None if is_custom else checker.check(body.html, None)) or checker.check_tool(body.html, name)
    if finding and finding.right_url:
        more = checker.check_tool(finding.right_url, name)
        finding = replace(finding, right_url=more.right_url) if more and more.right_url else finding
    if finding:
        yield _stale_link(body, 0, Address(0, len(body.html), body.html.strip(), "", "", 0, 0), finding)


def _endpoint_of_right_link(
    finding: Finding, endpoint: Address, links: Sequence[tuple[int, Address]], found: Mapping[int, Finding]
) -> Finding | None:
    """Return the finding about an endpoint of the API; None if it follows its link, whose row stands for both."""
    for number, link in links:
        right_url = found[number].right_url if number in found else link.url
        if number in found and (right_url is None or endpoint_of(endpoint.url, right_url)):
            return None
        if right_url and (right := endpoint_of(endpoint.url, right_url)):
            return None if right == endpoint.url else replace(finding, right_url=right)
    return finding


def _is_mere_text(finding: Finding, link: Finding | None) -> bool:
    """Return whether an address is the text of a link that needs no repair: only placeholders in text count then."""
    if finding.problem is Problem.PLACEHOLDER:
        return False
    return link is None or link.right_url is None or finding.right_url is None


def _stale_link(body: Body, number: int, address: Address, finding: Finding) -> StaleLink:
    reference = finding.reference
    right_url, detail = finding.right_url, finding.detail
    if right_url is not None and _stored(right_url) != right_url:
        right_url, detail = None, f"{detail} It holds a secret, which is not stored: change it by hand."
    if right_url is not None and body.place_type in ONLY_REPORTED:
        detail = f"{detail} Change it by hand: a repair leaves questions of quizzes alone."
    return StaleLink(
        place_type=body.place_type,
        place_id=body.place_id,
        place_title=body.place_title,
        place_url=body.place_url,
        field=body.field,
        ordinal=number,
        attribute=address.attribute,
        url=_stored(address.url),
        link_text=_stored(link_text(body.html, address)),
        link_kind=reference.kind if reference else "other",
        problem=finding.problem,
        referenced_course_id=reference.course_id if reference else None,
        referenced_id=reference.target if reference else None,
        source_asset_id=finding.source_id,
        dest_asset_id=finding.dest_id,
        right_url=right_url,
        detail=_stored(detail),
        place_updated_at=body.updated_at,
        place_published=body.published,
    )


def _stored(text: str) -> str:
    """Return a text from outside as it can be stored: without secrets and without what a database refuses."""
    return strip_url_secrets(storable_text(text))
