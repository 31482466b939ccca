"""The lines of the tables in the report of a term: one per section, per source course, and per frequent loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from airflow_provider_canvas.html.bars import Segment
from airflow_provider_canvas.html.course_cells import CourseCell, CourseLinks
from airflow_provider_canvas.html.formats import shorten
from airflow_provider_canvas.reconciliation.report.asset_links import asset_link
from airflow_provider_canvas.reconciliation.report.problems import PROBLEMS
from airflow_provider_canvas.reconciliation.report.stale_links import PLACES
from airflow_provider_canvas.reconciliation.report.type_labels import kind_of, label_of_listing
from airflow_provider_canvas.reconciliation.term_report.queries import FrequentLink, Loss
from airflow_provider_canvas.reconciliation.term_report.report_links import report_link
from airflow_provider_canvas.reconciliation.term_report.sections import SECTION_STATES, Section, SectionState


@dataclass(frozen=True)
class SectionLine:
    """One section: a line of the table.

    :param state: The state, which is also its class in the style sheet.
    :param symbol: The character that stands for the state.
    :param label: The state in words.
    :param section: The course.
    :param source: The course that was copied into it.
    :param coverage: The percentage of the expected assets that arrived; None if it is not known.
    :param lost: The number of assets that did not arrive; None if it was not reconciled.
    :param stale_links: The number of stale links; None if links were not checked.
    :param repairable: The number of stale links that can be repaired; None if links were not checked.
    :param changed: The number of assets that were edited after the copy; None if it is not known.
    :param reasons: Why it is not whole.
    :param detail: Why it was not copied, or what could not be read; may be empty.
    :param report: The link to its own report; None if a browser cannot open it.
    :param report_uri: Where its own report is, if it is no link; may be empty.
    """

    state: SectionState
    symbol: str
    label: str
    section: CourseCell
    source: CourseCell
    coverage: float | None
    lost: int | None
    stale_links: int | None
    repairable: int | None
    changed: int | None
    reasons: str
    detail: str
    report: str | None
    report_uri: str


@dataclass
class SourceLine:
    """The sections of one source course: a line of the table.

    :param course: The source course.
    :param states: The number of sections by state.
    :param lost: The number of assets that did not arrive, in all sections.
    :param stale_links: The number of stale links in all sections.
    :param repairable: The number of those that can be repaired.
    """

    course: CourseCell
    states: Counter[SectionState] = field(default_factory=Counter)
    lost: int = 0
    stale_links: int = 0
    repairable: int = 0

    @property
    def sections(self) -> int:
        """The number of sections."""
        return self.states.total()

    @property
    def compared(self) -> int:
        """The number of sections that were compared."""
        return sum(self.states[state] for state in _COMPARED)

    @property
    def segments(self) -> list[Segment]:
        """The states that occur, for a bar."""
        return state_segments(self.states)


_WORST = (SectionState.NOT_WHOLE, SectionState.NOT_COPIED, SectionState.UNREADABLE)
_COMPARED = (SectionState.WHOLE, SectionState.REVIEW, SectionState.NOT_WHOLE)


@dataclass(frozen=True)
class LossLine:
    """One of the most frequent losses.

    :param title: The title of the asset.
    :param link: The asset in the source course; None without a safe link.
    :param kind: The type of the asset, in the singular.
    :param source: The source course.
    :param status: Why the sections lack it, which is also its class in the style sheet.
    :param symbol: The character that stands for the status.
    :param label: The status in words.
    :param explanation: What it means, and what to do.
    :param sections: The number of sections that lack it.
    :param compared: The number of sections of the source course that were compared.
    """

    title: str
    link: str | None
    kind: str
    source: CourseCell
    status: str
    symbol: str
    label: str
    explanation: str
    sections: int
    compared: int


@dataclass(frozen=True)
class LinkLine:
    """One of the most frequent stale links.

    :param place: The title of the place.
    :param kind: The kind of the place, in the singular.
    :param source: The source course.
    :param problem: The problem, which is also its class in the style sheet.
    :param symbol: The character that stands for the problem.
    :param label: The problem in words.
    :param links: The number of links.
    :param repairable: The number of those that can be repaired.
    :param sections: The number of sections that have it.
    :param compared: The number of sections of the source course that were compared.
    """

    place: str
    kind: str
    source: CourseCell
    problem: str
    symbol: str
    label: str
    links: int
    repairable: int
    sections: int
    compared: int


def state_segments(states: Mapping[SectionState, int]) -> list[Segment]:
    """Return the states that occur, in the order of a bar: what is whole first."""
    return [
        Segment(str(state), SECTION_STATES[state].symbol, SECTION_STATES[state].label, states[state])
        for state in reversed(SectionState)
        if states.get(state)
    ]


def section_lines(sections: Iterable[Section], base_url: str, term_uri: str | None) -> Iterator[SectionLine]:
    """Yield the lines of sections.

    :param sections: The sections.
    :param base_url: The base URL of Canvas.
    :param term_uri: Where the report of the term will be.
    """
    courses = CourseLinks(base_url)
    for section in sections:
        state, is_compared = section.state, section.verdict is not None
        link = report_link(section.report_uri, term_uri) if is_compared else None
        yield SectionLine(
            state=state,
            symbol=SECTION_STATES[state].symbol,
            label=SECTION_STATES[state].label,
            section=courses.cell(section.dest_name, section.dest_course_id, section.dest_sis_course_id),
            source=courses.cell(section.source_name, section.source_course_id, section.source_sis_course_id),
            coverage=section.coverage if is_compared else None,
            lost=section.lost if is_compared else None,
            stale_links=section.stale_links if is_compared else None,
            repairable=section.repairable_links if is_compared and section.stale_links is not None else None,
            changed=section.changed_since_copy if is_compared else None,
            reasons="; ".join(section.reasons),
            detail=shorten(_detail(section)),
            report=link,
            report_uri="" if link or not is_compared else shorten(section.report_uri or ""),
        )


def _detail(section: Section) -> str:
    """Return why a section was not copied, or what of it could not be read; empty if there is nothing to say."""
    if section.state is SectionState.NOT_COPIED:
        return section.copy_detail or ""
    if section.state is SectionState.UNREADABLE or not section.unreadable:
        return section.unreadable or ""
    names = (label_of_listing(name).lower() for name in section.unreadable.split(", "))
    return f"not read: {', '.join(names)}"


def source_lines(sections: Iterable[Section], base_url: str) -> dict[str, SourceLine]:
    """Return the lines of the source courses by id: those with the most sections that are not whole first.

    :param sections: The sections.
    :param base_url: The base URL of Canvas.
    """
    lines, courses = dict[str, SourceLine](), CourseLinks(base_url)
    for section in sections:
        line = lines.get(section.source_course_id)
        if line is None:
            cell = courses.cell(section.source_name, section.source_course_id, section.source_sis_course_id)
            line = lines[section.source_course_id] = SourceLine(cell)
        line.states[section.state] += 1
        if section.verdict is not None:
            line.lost += section.lost
            line.stale_links += section.stale_links or 0
            line.repairable += section.repairable_links

    def order(line: SourceLine) -> tuple[int, int, int, int, str]:
        states = line.states
        unwell = sum(states[state] for state in _WORST)
        return -unwell, -states[SectionState.REVIEW], -line.lost, -line.stale_links, line.course.name

    return dict(sorted(lines.items(), key=lambda pair: order(pair[1])))


def loss_lines(losses: Iterable[Loss], sources: Mapping[str, SourceLine], base_url: str) -> list[LossLine]:
    """Return the lines of losses.

    :param losses: The losses.
    :param sources: The source courses by id.
    :param base_url: The base URL of Canvas.
    """
    return [
        LossLine(
            title=shorten(loss.title),
            link=asset_link(base_url, loss.source_course_id, loss.asset_type, loss.source_asset_id, loss.slug),
            kind=kind_of(loss.asset_type),
            source=sources[loss.source_course_id].course,
            status=str(loss.status),
            symbol=loss.status.meaning.symbol,
            label=loss.status.meaning.label,
            explanation=loss.status.meaning.explanation,
            sections=loss.sections,
            compared=sources[loss.source_course_id].compared,
        )
        for loss in losses
    ]


def link_lines(links: Iterable[FrequentLink], sources: Mapping[str, SourceLine]) -> list[LinkLine]:
    """Return the lines of frequent stale links.

    :param links: The stale links.
    :param sources: The source courses by id.
    """
    return [
        LinkLine(
            place=shorten(link.place_title),
            kind=PLACES.get(link.place_type, link.place_type.replace("_", " ")),
            source=sources[link.source_course_id].course,
            problem=str(link.problem),
            symbol=PROBLEMS[link.problem].symbol,
            label=PROBLEMS[link.problem].label,
            links=link.links,
            repairable=link.repairable,
            sections=link.sections,
            compared=sources[link.source_course_id].compared,
        )
        for link in links
    ]
