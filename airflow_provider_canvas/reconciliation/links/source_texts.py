"""The source's text of the place that a text of the destination was copied from, address by address.

Canvas loses parts of some addresses when it copies: what was there stands only in the source. The addresses of both
texts are paired in their order; where a teacher edited the copy, those between the edits still are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from functools import cached_property

from airflow_provider_canvas.reconciliation.assets import id_order
from airflow_provider_canvas.reconciliation.coerce import to_number, to_text
from airflow_provider_canvas.reconciliation.links.api_endpoint import API_ENDPOINT
from airflow_provider_canvas.reconciliation.links.bodies import Body, bodies_of
from airflow_provider_canvas.reconciliation.links.course_index import CourseIndex
from airflow_provider_canvas.reconciliation.links.html_scan import TEXT, Address, link_text, scan
from airflow_provider_canvas.reconciliation.links.reference import Reference, parse_reference
from airflow_provider_canvas.reconciliation.mapping import AssetMap

_MADE_BY_CANVAS = (API_ENDPOINT, TEXT)
_MAX_ALIGNED = 2_000
"""The most addresses of a text that was edited. Pairing takes the square of their number in the worst case."""
_IS_NEEDED = re.compile(r"#[^\s;\"'<>]*[\"'\s>]|/submissions/|module_item_id=|/(?:pages|wiki)/")


class SourceTexts:
    """The addresses of the source at the places from which the destination's texts were copied.

    :param source: The course that was copied.
    :param destination: The course it was copied into.
    :param mapping: Canvas's mapping of the copy.
    """

    def __init__(self, source: CourseIndex, destination: CourseIndex, mapping: AssetMap) -> None:
        self._destination = destination
        self._source_ids = {
            listing: {dest_id: source_id for source_id, dest_id in pairs.items()}
            for listing, pairs in mapping.pairs.items()
        }
        self._bodies = {
            (body.place_type, body.place_id, body.field): body
            for body in bodies_of(source.listings, source.course_id)
            if not body.is_address
        }
        self._source = source

    def references(self, body: Body, addresses: Sequence[Address]) -> Mapping[int, Reference]:
        """Return what the source's text has at the place of each address, by the address's number.

        :param body: The text of the destination.
        :param addresses: Its addresses.
        """
        original = self._original(body)
        if original is None or not _IS_NEEDED.search(original.html):
            return {}
        sources = [address for address in scan(original.html) if address.attribute not in _MADE_BY_CANVAS]
        copies = [(n, address) for n, address in enumerate(addresses) if address.attribute not in _MADE_BY_CANVAS]
        numbers = _aligned(original.html, sources, body.html, [address for _, address in copies])
        pairs = ((copies[copy][0], parse_reference(sources[source].url)) for source, copy in numbers)
        return {number: reference for number, reference in pairs if reference is not None}

    @cached_property
    def _questions(self) -> Mapping[str, str]:
        """Source question by the destination's: those at the same place of a quiz that still has as many questions."""
        sources, copies = (_questions_by_quiz(index) for index in (self._source, self._destination))
        pairs: dict[str, str] = {}
        for quiz_id, questions in copies.items():
            originals = sources.get(self._source_ids.get("quizzes", {}).get(quiz_id, ""), [])
            if len(originals) == len(questions):
                pairs.update(zip(questions, originals, strict=True))
        return pairs

    def _original(self, body: Body) -> Body | None:
        match body.place_type:
            case "syllabus":
                source_id: str | None = self._source.course_id
            case "calendar_events":
                source_id = self._source.id_of_title(body.place_type, body.place_title)
            case "announcements" | "discussion_topics":
                names = ("announcements", "discussion_topics")
                ids = (self._source_ids.get(name, {}).get(body.place_id) for name in names)
                source_id = next(filter(None, ids), None)
            case "quiz_questions":
                source_id = self._questions.get(body.place_id)
            case place_type:
                source_id = self._source_ids.get(place_type, {}).get(body.place_id)
        return self._bodies.get((body.place_type, source_id, body.field)) if source_id else None


def _questions_by_quiz(index: CourseIndex) -> Mapping[str, list[str]]:
    """Return the ids of the questions of each quiz, by their positions."""
    quizzes: dict[str, list[tuple[float, tuple[int, str]]]] = {}
    for question_id, question in (index.records("quiz_questions") or {}).items():
        position = to_number(question.get("position"))
        place = (position if position is not None else float("inf"), id_order(question_id))
        quizzes.setdefault(to_text(question.get("quiz_id")) or "", []).append(place)
    return {quiz_id: [question_id for _, (_, question_id) in sorted(places)] for quiz_id, places in quizzes.items()}


def _aligned(
    source_html: str, sources: Sequence[Address], copy_html: str, copies: Sequence[Address]
) -> list[tuple[int, int]]:
    """Return the pairs of addresses of two texts that stand at the same place, as numbers in both.

    The text of a link tells which one it is. Where only such texts were edited, their order does.
    """
    first = [(*_place(each), link_text(source_html, each)) for each in sources]
    second = [(*_place(each), link_text(copy_html, each)) for each in copies]
    if first == second:
        return [(number, number) for number in range(len(first))]
    if max(len(first), len(second)) > _MAX_ALIGNED:
        return []
    only_texts = [each[:2] for each in first] == [each[:2] for each in second]
    pairs: list[tuple[int, int]] = []
    for kind, a, a_end, b, b_end in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if kind == "equal" or (only_texts and kind == "replace" and (a, a_end) == (b, b_end)):
            pairs += zip(range(a, a_end), range(b, b_end), strict=True)
    return pairs


def _place(address: Address) -> tuple[str, str]:
    return address.tag, address.attribute
