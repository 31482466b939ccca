"""The plan of one copy: a verdict from facts, with a sentence that says why and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.states import IN_FLIGHT, UNSUCCESSFUL, CopyState
from airflow_provider_canvas.rollover.facts import CourseFacts, DestinationFacts
from airflow_provider_canvas.rollover.verdicts import COPYING, OPTIONS, PlanOptions, Verdict

COPIED = (CopyState.COMPLETED, CopyState.COMPLETED_WITH_ISSUES)

Finding = tuple[Verdict, str, str]
"""A verdict, what is the case, and what to do."""


@dataclass(frozen=True, kw_only=True)
class CopyFacts:
    """What a plan knows of one copy.

    :param line: The line of the input.
    :param source: The source.
    :param destination: The destination.
    :param facts: What else is known of the destination; ``None`` if nothing was read.
    :param first_line: The line of an earlier row with the same destination; ``None`` if there is none.
    :param earlier: The row of this batch's ledger for the destination, if there is one.
    :param is_unchanged: Whether that row has the same source and the same parameters.
    """

    line: int
    source: CourseFacts
    destination: CourseFacts
    facts: DestinationFacts | None = None
    first_line: int | None = None
    earlier: CopyRow | None = None
    is_unchanged: bool = False


@dataclass(frozen=True, kw_only=True)
class PlannedCopy:
    """The plan of one copy.

    :param verdict: The verdict.
    :param state: The state of the row in the ledger that follows from it.
    :param detail: Why, and what to do.
    :param lane: The lane in which Canvas runs the copy, or what makes the destination special: ``api``,
        ``course_template`` or ``blueprint``.
    """

    verdict: Verdict
    state: CopyState
    detail: str
    lane: str = "api"

    @property
    def copies(self) -> bool:
        """Whether the row is to be copied."""
        return self.state is CopyState.PLANNED


def plan_copy(copy: CopyFacts, options: PlanOptions) -> PlannedCopy:
    """Return the plan of a copy.

    The first finding that stands against the copy decides; if there is none, the first of the others is the verdict.
    All findings after it are in the detail too, if the row is copied.

    :param copy: The facts.
    :param options: What to do with rows that can be copied, but perhaps should not.
    """
    if (known := _known_copy(copy)) is not None:
        return known
    findings = list(_findings(copy))
    for verdict, sentence, advice in findings:
        if (state := options.state_for(verdict)) is not CopyState.PLANNED:
            return PlannedCopy(
                verdict=verdict, state=state, detail=_detail(sentence, advice, _option(verdict)), lane=_lane(copy)
            )
    if not findings:
        return PlannedCopy(
            verdict=Verdict.WILL_COPY, state=CopyState.PLANNED, detail=_will_copy(copy), lane=_lane(copy)
        )
    details = [_detail(sentence, advice, None) for _, sentence, advice in findings]
    return PlannedCopy(verdict=findings[0][0], state=CopyState.PLANNED, detail=_detail(*details), lane=_lane(copy))


def _known_copy(copy: CopyFacts) -> PlannedCopy | None:
    """Return the plan of a row that this batch has copied, or is copying; ``None`` for any other row."""
    earlier = copy.earlier
    if earlier is None or copy.first_line is not None:
        return None
    migration = f"content migration {earlier.content_migration_id}" if earlier.content_migration_id else "its request"
    if earlier.state in IN_FLIGHT:
        detail = f"This batch is copying into {copy.destination.described}: {migration} is {earlier.state}."
        if not copy.is_unchanged:
            detail += " The row has changed since. The change counts in a plan that is made after the copy has ended."
        return PlannedCopy(verdict=Verdict.IN_PROGRESS, state=earlier.state, detail=detail, lane=earlier.lane or "api")
    if earlier.state in COPIED and copy.is_unchanged:
        ended = f" on {earlier.ended_at:%Y-%m-%d}" if earlier.ended_at else ""
        return PlannedCopy(
            verdict=Verdict.ALREADY_COPIED,
            state=earlier.state,
            detail=f"This batch has copied it{ended}, by {migration}. It is not copied again.",
            lane=earlier.lane or "api",
        )
    return None


def _findings(copy: CopyFacts) -> Iterator[Finding]:
    """Yield what stands against a copy, or should be known before it, the most important first."""
    yield from _about_ids(copy)
    yield from _about_rights(copy)
    if copy.facts is not None:
        yield from _about_destination(copy, copy.facts)


def _about_ids(copy: CopyFacts) -> Iterator[Finding]:
    source, destination = copy.source, copy.destination
    if copy.first_line is not None:
        yield (
            Verdict.DUPLICATE,
            f"Line {copy.line} names the destination of line {copy.first_line}, {destination.described}.",
            "Only the first of them counts: remove one.",
        )
    for course, noun, verdict in (
        (destination, "destination", Verdict.UNKNOWN),
        (source, "source", Verdict.SOURCE_UNKNOWN),
    ):
        if course.namesake is not None:
            yield (
                Verdict.AMBIGUOUS,
                f"The {noun} {course.reference} is "
                + (f"the number of {course.described}, and " if course.course_id is not None else "")
                + f"the SIS id of {course.namesake}.",
                f"Write sis_course_id:{course.reference} for the second, or the SIS id of the first."
                if course.course_id is not None
                else f"Write sis_course_id:{course.reference}.",
            )
        if course.problem == "unknown":
            yield (
                verdict,
                f"Canvas has no course {course.reference}, which is the {noun}.",
                "Correct the id; an SIS id needs sis_course_id: in front of it.",
            )
    if destination.problem == "deleted":
        yield (
            Verdict.DELETED,
            f"The destination, {destination.described}, was deleted.",
            "Restore it (CanvasUpdateCourseOperator with the event 'undelete'), or remove the row.",
        )
    if source.problem == "deleted":
        yield (
            Verdict.SOURCE_DELETED,
            f"The source, {source.described}, was deleted, and Canvas would copy its content all the same.",
            "Name another source, or restore this one (CanvasUpdateCourseOperator with the event 'undelete').",
        )
    if source.course_id is not None and source.course_id == destination.course_id:
        yield (
            Verdict.SAME_COURSE,
            f"The source and the destination are the same course, {destination.described}.",
            "Correct one of them.",
        )


def _about_rights(copy: CopyFacts) -> Iterator[Finding]:
    source, destination = copy.source, copy.destination
    advice = "Give the user a role with that right in the course or its account, or use another connection."
    if destination.problem == "refused" or (copy.facts is not None and copy.facts.may_import is False):
        yield (
            Verdict.NO_RIGHT,
            f"The token's user may not import content into the destination, {destination.described}.",
            advice,
        )
    if source.problem == "refused" or source.may_read is False:
        yield Verdict.NO_RIGHT, f"The token's user may not copy the source, {source.described}.", advice


def _about_destination(copy: CopyFacts, facts: DestinationFacts) -> Iterator[Finding]:
    destination = copy.destination.described
    if facts.blueprint is not None:
        yield (
            Verdict.BLUEPRINT_CHILD,
            f"The destination, {destination}, follows the blueprint {facts.blueprint}: a copy adds everything twice.",
            "Change the blueprint and sync it instead.",
        )
    if (changed := _changed(facts)) is not None and _is_repeated(copy, facts):
        yield (
            Verdict.RECOPIED_OVER_EDITS,
            f"The source was copied into {destination} before, and {changed} since.",
            "A copy overwrites such changes: let the teachers of the course decide.",
        )
    if (running := facts.running) is not None:
        if running.is_template_copy:
            what = f"Canvas is filling {destination} from the template of its account (content migration {running.id})."
            yield Verdict.TEMPLATE_COPY, what, "Canvas queues a copy behind it."
        else:
            what = f"Content migration {running.id} into {destination} has not ended: it is {running.state}."
            yield Verdict.BUSY, what, "Canvas queues a copy behind it. If it never ends, cancel it."
    if copy.destination.is_concluded:
        yield (
            Verdict.CONCLUDED,
            f"The destination, {destination}, is concluded, or its dates are over.",
            "Check that the row names the right course: Canvas copies into it all the same.",
        )
    if facts.has_content:
        yield Verdict.NOT_EMPTY, f"The destination, {destination}, has content: {facts.content}.", _about_content(facts)


def _about_content(facts: DestinationFacts) -> str:
    """Return what a copy does to existing content, and what is known of it."""
    last = ""
    if facts.last_copy is not None:
        ended = f" on {facts.last_copy_ended_at:%Y-%m-%d}" if facts.last_copy_ended_at else ""
        changes = "" if facts.changes is None else "; nothing changed since"
        if (changed := _changed(facts)) is not None:
            changes = f"; {changed} since"
        last = f"Course {facts.last_copy.source_course_id} was copied into it{ended}{changes}. "
    return f"{last}A copy keeps this content and adds its own."


def _is_repeated(copy: CopyFacts, facts: DestinationFacts) -> bool:
    """Return whether the last copy into a destination had the same source."""
    return facts.last_copy is not None and facts.last_copy.source_course_id == copy.source.course_id


def _will_copy(copy: CopyFacts) -> str:
    detail = f"Course {copy.source.course_id} is copied into {copy.destination.described}."
    if copy.destination.is_blueprint:
        detail += " It is a blueprint course: its next sync brings the content to the courses that follow it."
    if copy.earlier is not None and copy.earlier.state in UNSUCCESSFUL:
        attempts = f"{copy.earlier.attempts} {'attempt' if copy.earlier.attempts == 1 else 'attempts'}"
        detail += f" After {attempts} it is {copy.earlier.state}."
    elif copy.earlier is not None and copy.earlier.state in COPIED:
        detail += " This batch has copied into it before, from another source or with other parameters."
    return detail


def _lane(copy: CopyFacts) -> str:
    if copy.facts is None:
        return "api"
    if copy.facts.blueprint is not None:
        return "blueprint"
    return "course_template" if copy.facts.running is not None and copy.facts.running.is_template_copy else "api"


def _option(verdict: Verdict) -> str | None:
    """Return how to copy a row all the same, if an option allows it."""
    option = OPTIONS.get(verdict)
    return f"To copy all the same, set {option}={COPYING[option]!r}." if option else None


def _changed(facts: DestinationFacts) -> str | None:
    """Return what was changed after the last copy, in words; ``None`` if nothing, or nothing that is known."""
    if number := facts.known_edits:
        return f"its reconciliation found that {number} {'asset was' if number == 1 else 'assets were'} edited"
    if number := facts.changes:
        return "1 page or assignment changed" if number == 1 else f"{number} pages and assignments changed"
    return None


def _detail(*sentences: str | None) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
