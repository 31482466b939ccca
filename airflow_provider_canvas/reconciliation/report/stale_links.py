"""The part of the report about stale links, ready for the template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from airflow_provider_canvas.html.bars import Segment
from airflow_provider_canvas.html.formats import shorten
from airflow_provider_canvas.html.links import safe_link
from airflow_provider_canvas.reconciliation.links.stale_link import StaleLink
from airflow_provider_canvas.reconciliation.report.log_lines import repairable_sentence
from airflow_provider_canvas.reconciliation.report.problems import PROBLEMS, WITNESSES, problem_segments

MAX_UNFOLDED_LINKS = 50
PLACES: Mapping[str, str] = {
    "pages": "page",
    "assignments": "assignment",
    "discussion_topics": "discussion topic",
    "announcements": "announcement",
    "quizzes": "quiz",
    "quiz_questions": "quiz question",
    "syllabus": "syllabus",
    "calendar_events": "calendar event",
    "module_items": "module item",
    "lti_resource_links": "link to an external tool",
}

_ORDER = list(PROBLEMS)


@dataclass(frozen=True)
class StaleLinkLine:
    """One stale link: a line of the table.

    :param place: The title of the place that contains the link.
    :param place_kind: The kind of the place, and which of its fields contains the link.
    :param place_link: The URL of the place in Canvas; None without a safe one.
    :param problem: The problem, which is also its class in the style sheet.
    :param symbol: The character that stands for the problem.
    :param label: The problem in words.
    :param text: The text of the link; may be empty.
    :param url: The address of the link.
    :param right_url: The right address; empty if it is not known.
    :param repair: Whether the link can be repaired, in words.
    :param witness: What Canvas's own link validation says, in words.
    :param detail: What is wrong, and what to do.
    """

    place: str
    place_kind: str
    place_link: str | None
    problem: str
    symbol: str
    label: str
    text: str
    url: str
    right_url: str
    repair: str
    witness: str
    detail: str


@dataclass(frozen=True)
class ProblemAdvice:
    """What to do about the links with one problem.

    :param segment: The problem and the number of its links.
    :param explanation: What happens to a student who opens the link.
    :param advice: What to do.
    :param repairable: How many can be repaired, in words; empty if none can.
    """

    segment: Segment
    explanation: str
    advice: str
    repairable: str


@dataclass(frozen=True)
class StaleLinksView:
    """The stale links of a course.

    :param count: The number of stale links.
    :param summary: How many can be repaired, and what to do with the others.
    :param advice: What to do, by problem.
    :param witnesses: What Canvas's own link validation says, each with the number of links; empty if it was not used.
    :param first: The lines that are shown.
    :param rest: The lines that are folded.
    """

    count: int
    summary: str
    advice: Sequence[ProblemAdvice]
    witnesses: Sequence[tuple[str, int]]
    first: Sequence[StaleLinkLine]
    rest: Sequence[StaleLinkLine]


def view_stale_links(links: Sequence[StaleLink], base_url: str) -> StaleLinksView | None:
    """Return the part of the report about stale links; None if there are none.

    :param links: The stale links of a course.
    :param base_url: The base URL of Canvas.
    """
    if not links:
        return None
    counts = Counter(link.problem for link in links)
    repairable = Counter(link.problem for link in links if link.is_repairable)
    witnesses = Counter(link.witness for link in links)
    ordered = sorted(links, key=_order)
    lines = [_line(link, base_url) for link in ordered]
    return StaleLinksView(
        count=len(links),
        summary=repairable_sentence(len(links), repairable.total()),
        advice=[
            ProblemAdvice(
                segment,
                PROBLEMS[problem].explanation,
                PROBLEMS[problem].advice,
                f"{repairable[problem]:,} of {segment.count:,} can be repaired." if repairable[problem] else "",
            )
            for segment, problem in zip(
                problem_segments(counts), (problem for problem in PROBLEMS if counts[problem]), strict=True
            )
        ],
        witnesses=[(words, witnesses[name]) for name, words in WITNESSES.items() if name and witnesses[name]],
        first=lines[:MAX_UNFOLDED_LINKS],
        rest=lines[MAX_UNFOLDED_LINKS:],
    )


def _order(link: StaleLink) -> tuple[int, str, str, str, int]:
    """Return the order of a line: by problem, then by place, then as in the text."""
    return _ORDER.index(link.problem), link.place_type, link.place_title, link.field, link.ordinal


def _line(link: StaleLink, base_url: str) -> StaleLinkLine:
    meaning = PROBLEMS[link.problem]
    kind = PLACES.get(link.place_type, link.place_type.replace("_", " "))
    return StaleLinkLine(
        place=link.place_title or "(no title)",
        place_kind=f"{kind}, {_field(link.field)}",
        place_link=safe_link(base_url, link.place_url),
        problem=str(link.problem),
        symbol=meaning.symbol,
        label=meaning.label,
        text=shorten(link.link_text),
        url=shorten(link.url),
        right_url=shorten(link.right_url or ""),
        repair="can be repaired" if link.is_repairable else "by hand",
        witness=WITNESSES[link.witness],
        detail=shorten(link.detail),
    )


def _field(field: str) -> str:
    """Return the name of a field as Canvas's users know it."""
    if field.startswith("custom."):
        return f"custom field {field.removeprefix('custom.')}"
    if field.startswith("answers."):
        return "text of a choice"
    if field.endswith("url"):
        return "address"
    return "text of the question" if field == "question_text" else "text"
