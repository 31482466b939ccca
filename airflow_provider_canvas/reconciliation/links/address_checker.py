"""What is wrong with one address of a destination, by the course and host to which it leads."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote_plus

from airflow_provider_canvas.reconciliation.links.context_codes import check_context_codes
from airflow_provider_canvas.reconciliation.links.destination_links import check_source_id, check_target, from_source_id
from airflow_provider_canvas.reconciliation.links.finding import Finding
from airflow_provider_canvas.reconciliation.links.placeholders import is_placeholder, parse_placeholder
from airflow_provider_canvas.reconciliation.links.reference import (
    Reference,
    host_of,
    is_other_canvas,
    parse_reference,
)
from airflow_provider_canvas.reconciliation.links.stale_link import Problem
from airflow_provider_canvas.reconciliation.links.tool_address import check_tool_address
from airflow_provider_canvas.reconciliation.links.translation import Translation, Translator, word_of

_MAX_PROBLEMS = 3
"""How many problems of one address are repaired together."""


@dataclass(frozen=True)
class AddressChecker:
    """Checks the addresses of one destination, one by one.

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
    _checked: dict[tuple[str, Reference | None], Finding | None] = field(default_factory=dict, repr=False)
    """What is known of addresses: the texts of a course have the same ones over and over."""

    def check(self, url: str, original: Reference | None) -> Finding | None:
        """Return what is wrong with an address; None if nothing is.

        The right address is checked, too, since an address may have several problems: one change repairs them all.

        :param url: The address, decoded.
        :param original: What the source's text has at the same place; None if it is not known.
        """
        key = (url, original)
        if key not in self._checked:
            self._checked[key] = self._check_all(url, original)
        return self._checked[key]

    def _check_all(self, url: str, original: Reference | None) -> Finding | None:
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
            return self._check_context_codes(url) or self._check_nested(url, None)
        if reference.host and reference.host not in self.hosts:
            other = is_other_canvas(reference.host, self.hosts)
            return self._check_other_host(reference, original) if other else self._check_nested(url, None)
        return self._check_own_host(reference, original) or self._check_nested(url, reference)

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
        same = (
            self.translator.local_id(reference.target) == self.translator.local_id(original.target)
            and reference.before == original.before
        )
        return original if same else None

    def _check_other_host(self, reference: Reference, original: Reference | None) -> Finding:
        course_id = self.translator.local_id(reference.course_id)
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
            translation = replace(translation, right=replace(translation.right, origin=self._own_origin(scheme)))
        what = f"It leads to another Canvas, {reference.host}"
        return Finding.of(Problem.POINTS_TO_OTHER_HOST, translation, what, reference)

    def _check_own_host(self, reference: Reference, original: Reference | None) -> Finding | None:
        course_id = self.translator.local_id(reference.course_id)
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
        """Check an address of a file, or of a player with the id of a file, that names no course."""
        if reference.listing is None:
            return check_source_id(reference, original, self.translator)
        if reference.listing != "files" or not self.translator.is_of_source(
            "files", self.translator.local_id(reference.target) or ""
        ):
            return None
        if reference.kind == "media":
            return from_source_id(reference, self._same_in_source(reference, original), self.translator)
        translation = self.translator.translate(reference, self._same_in_source(reference, original))
        what = f"It leads to file {reference.target} of the source"
        return Finding.of(Problem.POINTS_TO_SOURCE, translation, what, reference)

    def _check_context_codes(self, url: str) -> Finding | None:
        if self._is_outside(url):
            return None
        return check_context_codes(url, self.translator, self.source_course_ids, self.allowed)

    def _check_nested(self, url: str, reference: Reference | None) -> Finding | None:
        """Check the addresses in the query of another address, such as that of a tool or a library."""
        path, question_mark, rest = url.partition("?")
        query, number_sign, fragment = rest.partition("#")
        pieces = query.split("&") if question_mark else []
        for number, piece in enumerate(pieces):
            name, _, value = piece.partition("=")
            found = self._check_parameter(url, reference, name, unquote_plus(value))
            if found is None:
                continue
            right = None
            if found.right_url is not None:
                pieces[number] = f"{name}={quote(found.right_url, safe='')}"
                right = f"{path}?{'&'.join(pieces)}{number_sign}{fragment}"
            return replace(found, right_url=right, detail=f"Its parameter '{name}' is an address. {found.detail}")
        return None

    def _check_parameter(self, url: str, reference: Reference | None, name: str, value: str) -> Finding | None:
        """Check a parameter: an address of Canvas, or that of the tool that a link launches."""
        if "/" not in value:
            return None
        if is_placeholder(value):
            found = self._check_placeholder(value, None)
            is_whole = found.right_url is None or not self._is_outside(url)
            return found if is_whole else replace(found, right_url=f"{self._own_origin('https:')}{found.right_url}")
        nested = parse_reference(value)
        is_file = nested is not None and nested.course_id is None and nested.listing == "files"
        if nested is not None and (is_file or self.translator.local_id(nested.course_id) in self.source_course_ids):
            is_own = nested.host in self.hosts if nested.host else not self._is_outside(url)
            if is_own:
                return self._check_own_host(nested, None)
        is_launch = reference is not None and reference.kind == "external_tool" and not reference.api
        return self.check_tool(value, "") if is_launch and name == "url" else None

    def _own_origin(self, scheme: str) -> str:
        """Return scheme and host of this Canvas; a scheme such as ``https:`` is used if its host is known without."""
        return (self.own_host if "//" in self.own_host else f"{scheme}//{self.own_host}").rstrip("/")

    def _is_outside(self, url: str) -> bool:
        """Return whether an address leads out of this Canvas: a path in it is that of the other site."""
        origin = "//" in url.partition("?")[0]
        return origin and host_of(url) not in self.hosts

    def check_tool(self, value: str, name: str) -> Finding | None:
        """Return what a tool's address or custom parameter names of the source; None if it names nothing of it.

        :param value: The address, or the value of the parameter.
        :param name: Name of the custom parameter; empty for an address.
        """
        address = check_tool_address(value, name, self.translator, self.source_course_ids)
        if not address.is_stale:
            return None
        reasons = tuple(dict.fromkeys(address.reasons))
        problem = Problem.POINTS_TO_SOURCE if address.course_ids else Problem.SOURCE_ID
        named = [f"course {course_id}" for course_id in address.course_ids]
        named += [f"{word_of(listing)} {asset_id}" for listing, asset_id in address.source_ids]
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
