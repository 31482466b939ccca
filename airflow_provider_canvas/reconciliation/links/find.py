"""Find the addresses in the content of a destination that do not lead to where they should."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote_plus

from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.reconciliation.links.api_endpoint import API_ENDPOINT, endpoint_of
from airflow_provider_canvas.reconciliation.links.bodies import Body, Listings, bodies_of
from airflow_provider_canvas.reconciliation.links.course_index import CourseIndex
from airflow_provider_canvas.reconciliation.links.destination_links import check_source_id, check_target, from_source_id
from airflow_provider_canvas.reconciliation.links.finding import Finding
from airflow_provider_canvas.reconciliation.links.html_scan import TEXT, Address, link_text, scan
from airflow_provider_canvas.reconciliation.links.placeholders import is_placeholder, parse_placeholder
from airflow_provider_canvas.reconciliation.links.reference import (
    Reference,
    host_of,
    is_other_canvas,
    local_id,
    parse_reference,
)
from airflow_provider_canvas.reconciliation.links.source_texts import SourceTexts
from airflow_provider_canvas.reconciliation.links.stale_link import Problem, StaleLink
from airflow_provider_canvas.reconciliation.links.tool_address import check_tool_address
from airflow_provider_canvas.reconciliation.links.translation import Translation, Translator
from airflow_provider_canvas.reconciliation.mapping import AssetMap
from airflow_provider_canvas.security.redaction import strip_url_secrets

LISTINGS: tuple[str, ...] = ("course", "folders", "page_bodies", "quiz_questions", "calendar_events")
"""The further listings in which links stand, or by which their targets are found."""

_MAX_PROBLEMS = 3
"""How many problems of one address are repaired together."""


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
    ids = [local_id(course_id) or course_id for course_id in source_course_ids]
    records = source.get("course")
    known_id = str(records[0].get("id")) if isinstance(records, list) and records and records[0].get("id") else None
    source_id = local_id(known_id) or (ids[0] if ids else "")
    source_index = CourseIndex(source, source_id)
    destination_index = CourseIndex(destination, destination_course_id)
    checker = _Checker(
        Translator(source_index, destination_index, mapping),
        tuple(dict.fromkeys((source_id, *ids))),
        tuple(dict.fromkeys(host_of(host) for host in hosts if host)),
        next((host for host in hosts if host), ""),
        frozenset(local_id(course_id) or course_id for course_id in allowed_course_ids),
    )
    texts = SourceTexts(source_index, destination_index, mapping)
    return [
        link
        for body in bodies_of(destination, destination_index.course_id)
        for link in (checker.check_address(body) if body.is_address else checker.check_html(body, texts))
    ]


@dataclass(frozen=True)
class _Checker:
    """Checks the addresses of one destination.

    :param translator: Finds the copies of the source's assets.
    :param source_course_ids: Local ids of the source, first, and of further sources.
    :param hosts: The hosts of this Canvas, in lower case, without ports.
    :param own_host: The host that right addresses get.
    :param allowed: Local ids of courses to which links lead on purpose.
    """

    translator: Translator
    source_course_ids: tuple[str, ...]
    hosts: tuple[str, ...]
    own_host: str
    allowed: frozenset[str]

    def check_html(self, body: Body, texts: SourceTexts) -> Iterator[StaleLink]:
        """Yield the stale links of a text."""
        addresses = scan(body.html)
        originals: Mapping[int, Reference] = texts.references(body, addresses) if addresses else {}
        found: dict[int, Finding] = {}
        for number, address in enumerate(addresses):
            if finding := self.check(address.url, originals.get(number)):
                found[number] = finding
        for number, finding in found.items():
            address = addresses[number]
            if address.attribute == API_ENDPOINT:
                row = _endpoint_of_right_link(finding, address, addresses, found)
            else:
                row = None if _is_mere_text(finding, address, addresses, found) else finding
            if row is not None:
                yield _stale_link(body, number, address, row)

    def check_address(self, body: Body) -> Iterator[StaleLink]:
        """Yield the stale link of a field that is one address."""
        finding = self.check(body.html, None) if not body.field.startswith("custom.") else None
        if finding is None:
            name = body.field.removeprefix("custom.") if body.field.startswith("custom.") else ""
            finding = self._check_tool(body.html, name)
        if finding:
            yield _stale_link(body, 0, Address(0, len(body.html), body.html.strip(), "", "", 0, 0), finding)

    def check(self, url: str, original: Reference | None) -> Finding | None:
        """Return what is wrong with an address; None if nothing is.

        The right address is checked, too, since an address may have several problems: one change repairs them all.

        :param url: The address, decoded.
        :param original: What the source's text has at the same place; None if it is not known.
        """
        first = self._check(url, original)
        right_url = first.right_url if first else None
        for _ in range(_MAX_PROBLEMS):
            found = self._check(right_url, original) if right_url else None
            if found is None or found.right_url is None:
                break
            right_url = found.right_url
        return replace(first, right_url=right_url) if first else None

    def _check(self, url: str, original: Reference | None) -> Finding | None:
        if is_placeholder(url):
            return self._check_placeholder(url, original)
        reference = parse_reference(url)
        if reference is None:
            return self._check_nested(url)
        if reference.host and reference.host not in self.hosts:
            other = is_other_canvas(reference.host, self.hosts)
            return self._check_other_host(reference, original) if other else self._check_nested(url)
        return self._check_own_host(reference, original) or self._check_nested(url)

    def _check_placeholder(self, url: str, original: Reference | None) -> Finding:
        reference = parse_placeholder(url, self.translator.source.course_id, self.translator.keys)
        if reference.kind == "other" and reference.course_id is None:
            translation = Translation(reason="the placeholder names nothing")
        else:
            translation = self.translator.translate(reference, self._same_in_source(reference, original))
            if translation.right is None and reference.listing == "pages":
                translation = self._page_of_destination(reference) or translation
        what = "It is a placeholder that Canvas did not replace when it copied"
        return Finding.of(Problem.PLACEHOLDER, translation, what, reference)

    def _page_of_destination(self, reference: Reference) -> Translation | None:
        """Return the destination's page of the slug that a placeholder names; None if it has none."""
        course = self.translator.destination
        page_id = course.page_id(reference.target or "")
        slug = course.slug(page_id) if page_id else None
        return Translation(reference.with_target(course.course_id, slug), None, page_id) if slug else None

    def _same_in_source(self, reference: Reference, original: Reference | None) -> Reference | None:
        """Return the reference in the source's text if it has the target of a reference into the source."""
        if original is None or original.listing != reference.listing:
            return None
        if reference.listing == "pages":
            ids = [self.translator.source.page_id(each.target or "") for each in (reference, original)]
            return original if ids[0] is not None and ids[0] == ids[1] else None
        same = local_id(reference.target) == local_id(original.target) and reference.before == original.before
        return original if same else None

    def _check_other_host(self, reference: Reference, original: Reference | None) -> Finding:
        course_id = local_id(reference.course_id)
        if course_id == self.translator.destination.course_id:
            translation = Translation(replace(reference, course_id=course_id))
            if found := check_target(reference, original, self.translator):
                right = parse_reference(found.right_url) if found.right_url else None
                missing = Translation(None, found.source_id, found.dest_id, "the course does not have its target")
                translation = Translation(right, found.source_id, found.dest_id) if right else missing
                if found.problem is Problem.TARGET_UNPUBLISHED:
                    translation = Translation(reference, None, found.dest_id)
        elif course_id is None or course_id == self.source_course_ids[0]:
            translation = self.translator.translate(reference, self._same_in_source(reference, original))
        else:
            translation = Translation(reason=f"course {reference.course_id} is not a source of this course")
        if translation.right is not None:
            scheme = reference.origin[: reference.origin.index("//")]
            origin = self.own_host if "//" in self.own_host else f"{scheme}//{self.own_host}"
            translation = replace(translation, right=replace(translation.right, origin=origin.rstrip("/")))
        what = f"It leads to another Canvas, {reference.host}"
        return Finding.of(Problem.POINTS_TO_OTHER_HOST, translation, what, reference)

    def _check_own_host(self, reference: Reference, original: Reference | None) -> Finding | None:
        course_id = local_id(reference.course_id)
        if course_id is None:
            return self._check_without_course(reference, original)
        if course_id == self.translator.destination.course_id:
            found = check_source_id(reference, original, self.translator)
            found = found or check_target(reference, original, self.translator)
            return replace(found, reference=reference) if found else None
        if course_id in self.source_course_ids:
            what = f"It leads to course {course_id}, from which this course was copied"
            is_newest = course_id == self.source_course_ids[0]
            if is_newest or reference.listing is None or reference.listing == "folders":
                translation = self.translator.translate(reference, self._same_in_source(reference, original))
            else:
                translation = Translation(reason=f"the mapping is that of course {self.source_course_ids[0]}")
            return Finding.of(Problem.POINTS_TO_SOURCE, translation, what, reference)
        if course_id in self.allowed:
            return None
        translation = Translation(reason="the course is not a source of this course")
        what = f"It leads to another course, {course_id}"
        return Finding.of(Problem.POINTS_TO_OTHER_COURSE, translation, what, reference)

    def _check_without_course(self, reference: Reference, original: Reference | None) -> Finding | None:
        """Check an address of a file that names no course."""
        if reference.listing != "files" or not self.translator.is_of_source("files", local_id(reference.target) or ""):
            return None
        if reference.kind == "media":
            return from_source_id(reference, self._same_in_source(reference, original), self.translator)
        translation = self.translator.translate(reference, self._same_in_source(reference, original))
        what = f"It leads to file {reference.target} of the source"
        return Finding.of(Problem.POINTS_TO_SOURCE, translation, what, reference)

    def _check_nested(self, url: str) -> Finding | None:
        """Check the addresses of Canvas in the query of another address, such as that of a tool or a library."""
        path, question_mark, query = url.partition("?")
        pieces = query.split("&") if question_mark and "courses" in query else []
        for number, piece in enumerate(pieces):
            name, _, value = piece.partition("=")
            reference = parse_reference(unquote_plus(value))
            if reference is None or local_id(reference.course_id) not in self.source_course_ids:
                continue
            if reference.host not in self.hosts and (reference.host or self._is_outside(url)):
                continue
            found = self._check_own_host(reference, None)
            if found is None:
                continue
            right = None
            if found.right_url is not None:
                pieces[number] = f"{name}={quote(found.right_url, safe='')}"
                right = f"{path}?{'&'.join(pieces)}"
            return replace(found, right_url=right, detail=f"Its parameter '{name}' is an address. {found.detail}")
        return None

    def _is_outside(self, url: str) -> bool:
        """Return whether an address leads out of this Canvas: a path in it is that of the other site."""
        origin = "//" in url.partition("?")[0]
        return origin and host_of(url) not in self.hosts

    def _check_tool(self, value: str, name: str) -> Finding | None:
        """Check the address or a custom parameter of a tool for ids of the source."""
        address = check_tool_address(value, name, self.translator, self.source_course_ids)
        if not address.is_stale:
            return None
        reasons = tuple(dict.fromkeys(address.reasons))
        problem = Problem.POINTS_TO_SOURCE if address.course_ids else Problem.SOURCE_ID
        named = [f"course {course_id}" for course_id in address.course_ids]
        named += [
            f"{listing.removesuffix('s').replace('_', ' ')} {asset_id}" for listing, asset_id in address.source_ids
        ]
        return Finding(
            problem,
            None if reasons else address.right,
            address.source_ids[0][1] if address.source_ids else None,
            address.dest_ids[0] if address.dest_ids else None,
            f"It gives the tool {', '.join(dict.fromkeys(named))} of the source. "
            + (f"The right value is not known: {'; '.join(reasons)}." if reasons else "Give it the copy."),
            Reference(
                kind="external_tool",
                course_id=address.course_ids[0] if address.course_ids else None,
                target=address.source_ids[0][1] if address.source_ids else None,
            ),
        )


def _endpoint_of_right_link(
    finding: Finding, endpoint: Address, addresses: Sequence[Address], found: Mapping[int, Finding]
) -> Finding | None:
    """Return the finding about an endpoint of the API; None if it follows a stale link, whose row stands for both."""
    for number, link in enumerate(addresses):
        if link.tag_start != endpoint.tag_start or link.attribute == API_ENDPOINT:
            continue
        right_url = found[number].right_url if number in found else link.url
        if number in found and (right_url is None or endpoint_of(endpoint.url, right_url)):
            return None
        if right_url and (right := endpoint_of(endpoint.url, right_url)):
            return replace(finding, right_url=right)
    return finding


def _is_mere_text(
    finding: Finding, address: Address, addresses: Sequence[Address], found: Mapping[int, Finding]
) -> bool:
    """Return whether an address is the text of a link that needs no repair: only placeholders in text count then."""
    if address.attribute != TEXT or finding.problem is Problem.PLACEHOLDER:
        return False
    link = next((each for n, each in found.items() if addresses[n].tag_end == address.tag_start), None)
    return link is None or link.right_url is None or finding.right_url is None


def _stale_link(body: Body, number: int, address: Address, finding: Finding) -> StaleLink:
    reference = finding.reference
    right_url, detail = finding.right_url, finding.detail
    if right_url is not None and _stored(right_url) != right_url:
        right_url, detail = None, f"{detail} It holds a secret, which is not stored: change it by hand."
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
