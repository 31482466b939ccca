"""The content of the report of a term, ready for the template, which only loops over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from airflow_provider_canvas.html.bars import Bar, Segment
from airflow_provider_canvas.html.formats import format_count, format_time
from airflow_provider_canvas.reconciliation.report.log_lines import repairable_sentence
from airflow_provider_canvas.reconciliation.report.problems import PROBLEMS
from airflow_provider_canvas.reconciliation.statuses import Status
from airflow_provider_canvas.reconciliation.summary import percent
from airflow_provider_canvas.reconciliation.term_report.lines import (
    LinkLine,
    LossLine,
    SectionLine,
    SourceLine,
    link_lines,
    loss_lines,
    section_lines,
    source_lines,
    state_segments,
)
from airflow_provider_canvas.reconciliation.term_report.queries import ProblemCount, TermContent
from airflow_provider_canvas.reconciliation.term_report.sections import SECTION_STATES, Section, SectionState

MAX_UNFOLDED = 200
"""How many lines of a table the page shows before it is asked for more."""
MAX_REASONS = 8

_ORDER = list(SectionState)


@dataclass(frozen=True)
class StateAdvice:
    """What to do about the sections in one state.

    :param segment: The state and the number of its sections.
    :param explanation: What happened.
    :param advice: What to do; empty if nothing needs to be done.
    :param reasons: The most frequent reasons, with the number of sections of each.
    :param others: The number of other reasons.
    """

    segment: Segment
    explanation: str
    advice: str
    reasons: Sequence[tuple[str, int]]
    others: int


@dataclass(frozen=True)
class ProblemAdvice:
    """What to do about the stale links with one problem.

    :param segment: The problem and the number of its links.
    :param explanation: What happens to a student who opens the link.
    :param advice: What to do.
    :param numbers: In how many sections they are, and how many can be repaired.
    """

    segment: Segment
    explanation: str
    advice: str
    numbers: str


@dataclass(frozen=True)
class TermPage:
    """Everything on the page, in order.

    :param batch: The name of the batch.
    :param canvas_instance: The host of the Canvas.
    :param reported_at: When the page was written.
    :param verdict: ``pass``, ``warn`` or ``fail``, for its colour.
    :param badge: The verdict in a word.
    :param headline: The verdict in one sentence.
    :param subline: The numbers behind it.
    :param share: The share of sections that are whole; None without sections.
    :param facts: Pairs of a label and a text.
    :param advice: What to do, by state.
    :param total: The bar of all sections.
    :param losses: The most frequent losses.
    :param link_summary: How many stale links there are, and how many can be repaired; empty without any.
    :param problems: What to do about stale links, by problem.
    :param links: The most frequent stale links.
    :param sources: The lines of the source courses that are shown.
    :param more_sources: The lines of the source courses that are folded.
    :param first_lines: The lines of the sections that are shown.
    :param other_lines: The lines of the sections that are folded, which can be read once.
    :param section_count: The number of sections.
    :param run_ids: The DAG runs that compared the sections.
    """

    batch: str
    canvas_instance: str
    reported_at: str
    verdict: str
    badge: str
    headline: str
    subline: str
    share: str | None
    facts: Sequence[tuple[str, str]]
    advice: Sequence[StateAdvice]
    total: Bar
    losses: Sequence[LossLine]
    link_summary: str
    problems: Sequence[ProblemAdvice]
    links: Sequence[LinkLine]
    sources: Sequence[SourceLine]
    more_sources: Sequence[SourceLine]
    first_lines: Sequence[SectionLine]
    other_lines: Iterable[SectionLine]
    section_count: int
    run_ids: str


def build_page(
    content: TermContent,
    *,
    canvas_instance: str,
    batch: str,
    base_url: str,
    reported_at: datetime,
    report_uri: str | None,
) -> TermPage:
    """Return the content of the report.

    :param content: What was read from SQL.
    :param canvas_instance: The host of the Canvas.
    :param batch: The name of the batch.
    :param base_url: The base URL of Canvas.
    :param reported_at: When the page is written.
    :param report_uri: Where the page will be.
    """
    sections = content.sections
    states = Counter(section.state for section in sections)
    sources = source_lines(sections, base_url)
    lines = section_lines(sorted(sections, key=_severity), base_url, report_uri)
    verdict, badge = _verdict(states)
    whole = states[SectionState.WHOLE]
    runs = dict.fromkeys(section.run_id for section in sections if section.run_id)
    return TermPage(
        batch=batch,
        canvas_instance=canvas_instance,
        reported_at=format_time(reported_at) or "",
        verdict=verdict,
        badge=badge,
        headline=headline(states),
        subline=_subline(sections),
        share=f"{percent(whole, len(sections)):g} %" if sections else None,
        facts=_facts(sections, sources),
        advice=[_state_advice(state, states[state], sections) for state in SECTION_STATES if _needs(state, states)],
        total=Bar("All sections", f"{whole:,} of {len(sections):,}", state_segments(states)),
        losses=loss_lines(content.losses, sources, base_url),
        link_summary=link_summary(content.problems),
        problems=_problem_advice(content.problems),
        links=link_lines(content.links, sources),
        sources=list(sources.values())[:MAX_UNFOLDED],
        more_sources=list(sources.values())[MAX_UNFOLDED:],
        first_lines=list(islice(lines, MAX_UNFOLDED)),
        other_lines=lines,
        section_count=len(sections),
        run_ids=", ".join(list(runs)[-3:]),
    )


def headline(states: Counter[SectionState]) -> str:
    """Return in one sentence how many sections are whole.

    :param states: The number of sections by state.
    """
    total, whole = states.total(), states[SectionState.WHOLE]
    if not total:
        return "The batch has no sections."
    if whole == total:
        return f"All {total:,} sections are whole." if total > 1 else "The section is whole."
    return f"{whole:,} of {format_count(total, 'section')} {'is' if whole == 1 else 'are'} whole."


def link_summary(problems: Sequence[ProblemCount]) -> str:
    """Return how many stale links there are, and how many can be repaired; empty without any.

    :param problems: The stale links by problem.
    """
    if not (total := sum(problem.links for problem in problems)):
        return ""
    return f"{format_count(total, 'stale link')}. {repairable_sentence(total, sum(p.repairable for p in problems))}"


def _severity(section: Section) -> tuple[int, int, int, int]:
    """Return the order of a section: by state, then by how much is wrong with it."""
    return _ORDER.index(section.state), -section.lost, -(section.stale_links or 0), section.row_number


def _needs(state: SectionState, states: Counter[SectionState]) -> bool:
    return bool(states[state]) and bool(SECTION_STATES[state].advice)


def _verdict(states: Counter[SectionState]) -> tuple[str, str]:
    if any(states[state] for state in (SectionState.NOT_WHOLE, SectionState.NOT_COPIED, SectionState.UNREADABLE)):
        verdict = "fail"
    elif states[SectionState.REVIEW] or states[SectionState.NOT_RECONCILED] or not states:
        verdict = "warn"
    else:
        verdict = "pass"
    if states[SectionState.IN_PROGRESS] or states[SectionState.NOT_RECONCILED]:
        return verdict, "in progress"
    return verdict, {"pass": "whole", "warn": "check", "fail": "losses"}[verdict]


def _subline(sections: Sequence[Section]) -> str:
    states = Counter(section.state for section in sections)
    words = {
        SectionState.NOT_WHOLE: ("is not whole", "are not whole"),
        SectionState.NOT_COPIED: ("was not copied", "were not copied"),
        SectionState.UNREADABLE: ("could not be compared", "could not be compared"),
        SectionState.REVIEW: ("needs review", "need review"),
        SectionState.NOT_RECONCILED: ("is not reconciled yet", "are not reconciled yet"),
        SectionState.IN_PROGRESS: ("is being copied", "are being copied"),
    }
    parts = [f"{states[state]:,} {forms[states[state] != 1]}" for state, forms in words.items() if states[state]]
    sentences = [f"{', '.join(parts)}."] if parts else []
    compared = [section for section in sections if section.verdict is not None]
    if lost := sum(each.lost for each in compared):
        sentences.append(f"{format_count(lost, 'asset')} {'is' if lost == 1 else 'are'} missing or broken.")
    elif compared:
        sentences.append("No asset is missing in the sections that were compared.")
    return " ".join(sentences)


def _facts(sections: Sequence[Section], sources: dict[str, SourceLine]) -> list[tuple[str, str]]:
    compared = [section for section in sections if section.verdict is not None]
    times = [section.reconciled_at for section in compared if section.reconciled_at]
    checked = [section for section in compared if section.stale_links is not None]
    edited = [section.changed_since_copy for section in compared if section.changed_since_copy]
    partly = [section for section in compared if section.unreadable]
    expected, arrived = sum(each.expected for each in compared), sum(each.arrived for each in compared)
    issues = sum(section.errors + section.other_issues for section in compared)
    facts = {
        "Compared": f"{len(compared):,} of {format_count(len(sections), 'section')}",
        "From": format_time(min(times, default=None)),
        "To": format_time(max(times, default=None)),
        "Source courses": f"{len(sources):,}",
        "Assets that arrived": f"{arrived:,} of {expected:,} ({percent(arrived, expected):g} %)" if expected else None,
        "Links checked": f"in {format_count(len(checked), 'section')}" if compared else None,
        "Edited since the copy": f"{format_count(sum(edited), 'asset')} in {format_count(len(edited), 'section')}"
        if edited
        else None,
        "Not read in full": format_count(len(partly), "section") if partly else None,
        "Canvas's unresolved issues": f"{issues:,}" if issues else None,
    }
    return [(name, value) for name, value in facts.items() if value]


def _state_advice(state: SectionState, count: int, sections: Sequence[Section]) -> StateAdvice:
    meaning = SECTION_STATES[state]
    reasons = Counter(reason for section in sections if section.state is state for reason in _kinds_of_reason(section))
    most = reasons.most_common(MAX_REASONS)
    segment = Segment(str(state), meaning.symbol, meaning.label, count)
    return StateAdvice(segment, meaning.explanation, meaning.advice, most, len(reasons) - len(most))


def _kinds_of_reason(section: Section) -> list[str]:
    """Return why a section is in its state, without numbers, so that equal reasons can be counted."""
    if section.state is SectionState.NOT_COPIED:
        return [section.copy_detail or section.copy_state.replace("_", " ").capitalize()]
    if section.state is SectionState.UNREADABLE:
        return [section.unreadable or "The reason is not known"]
    if section.verdict is None:
        return []
    kinds = [status.meaning.label for status in Status if status.needs_review and section.statuses.get(status)]
    kinds += ["Stale links"] if section.stale_links else []
    kinds += ["Canvas reports an error"] if section.errors else []
    kinds += ["Canvas reports an issue"] if section.other_issues else []
    return kinds if section.expected else [*kinds, "There was nothing to compare"]


def _problem_advice(problems: Sequence[ProblemCount]) -> list[ProblemAdvice]:
    order = list(PROBLEMS)
    return [
        ProblemAdvice(
            Segment(str(each.problem), PROBLEMS[each.problem].symbol, PROBLEMS[each.problem].label, each.links),
            PROBLEMS[each.problem].explanation,
            PROBLEMS[each.problem].advice,
            f"In {format_count(each.sections, 'section')}; {each.repairable or 'none'} can be repaired.",
        )
        for each in sorted(problems, key=lambda each: order.index(each.problem))
    ]
