"""What each problem of a stale link means for the reader of a report, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from airflow_provider_canvas.html.bars import Segment
from airflow_provider_canvas.reconciliation.links.stale_link import Problem, Witness


@dataclass(frozen=True)
class ProblemMeaning:
    """The meaning of a problem.

    :param symbol: One character, so that colour is never the only sign.
    :param label: The problem in a few words.
    :param explanation: What happens to a student who opens the link, and why.
    :param advice: What to do.
    """

    symbol: str
    label: str
    explanation: str
    advice: str


PROBLEMS: Mapping[Problem, ProblemMeaning] = {
    Problem.PLACEHOLDER: ProblemMeaning(
        "$",
        "Broken by the copy",
        "In place of an address, Canvas left one of its internal placeholders, such as $CANVAS_OBJECT_REFERENCE$. "
        "The link opens nothing, and in a text the placeholder is visible.",
        "If the right target is known, the repair puts it in. Otherwise the copy did not bring the target: copy it, or "
        "remove the link.",
    ),
    Problem.POINTS_TO_SOURCE: ProblemMeaning(
        "←",
        "Leads to the source course",
        "The link opens the course that was copied, or gives its number to an external tool. Students who are not "
        "enrolled there get an error, or see the content of another course.",
        "If the right target is known, the repair changes the link to it. Otherwise open the place in Canvas, and link "
        "to what this course has instead.",
    ),
    Problem.SOURCE_ID: ProblemMeaning(
        "№",
        "Has an id of the source course",
        "The link leads to this course, but with the id of an asset of the source course. It opens nothing, or "
        "another asset.",
        "If the right target is known, the repair puts in its id. Otherwise open the place in Canvas, and choose the "
        "target again.",
    ),
    Problem.WRONG_PAGE: ProblemMeaning(
        "≠",
        "Opens an older page of that name",
        "This course already had a page of that name, so Canvas added a number to the name of the copied one. The "
        "link opens the older page.",
        "The repair changes the link to the copied page. If students should see the older one, delete the copied page "
        "instead.",
    ),
    Problem.TARGET_MISSING: ProblemMeaning(
        "✕",
        "Target is missing",
        "The link leads to something that this course does not have, or that was deleted.",
        "If the right target is known, the repair changes the link to it. Otherwise copy or restore the target, or "
        "open the place in Canvas and remove the link.",
    ),
    Problem.POINTS_TO_OTHER_COURSE: ProblemMeaning(
        "↗",
        "Leads to another course",
        "The link opens a course that is neither this one nor its source, often one of an earlier term. Canvas never "
        "changes such links.",
        "If the link is intended, add that course to allowed_course_ids. Otherwise correct it in the source course, so "
        "that the next copies have it right, and in this course.",
    ),
    Problem.POINTS_TO_OTHER_HOST: ProblemMeaning(
        "⇗",
        "Leads to another Canvas",
        "The link names another host, such as a test system or an earlier address of this Canvas.",
        "If the right target is known, the repair changes the link to it. Otherwise correct it in the source course "
        "and in this course.",
    ),
    Problem.TARGET_UNPUBLISHED: ProblemMeaning(
        "○",
        "Target is not published",
        "Teachers can open the link, students cannot.",
        "Publish the target when students may see it. The link itself is right.",
    ),
    Problem.LOST_ANCHOR: ProblemMeaning(
        "#",
        "Lost the end of its address",
        "The copy removed the end of the address, such as the sign # and what follows it. The link opens the top of "
        "the page, and not the part that was meant.",
        "If the right target is known, the repair adds the end of the address. Otherwise open the place in Canvas, and "
        "add it by hand.",
    ),
}
"""The meanings, in the order of a report: what students meet first."""

WITNESSES: Mapping[Witness, str] = {
    Witness.CANVAS_AGREES: "Canvas reports it too",
    Witness.CANVAS_SILENT: "Canvas does not report it",
    Witness.CANVAS_ONLY: "only Canvas reports it",
    Witness.NONE: "not checked by Canvas",
}
"""What Canvas's own link validation says about a link, in words."""


def problem_segments(counts: Mapping[Problem, int] | Mapping[str, int]) -> list[Segment]:
    """Return the problems that occur, in the order of a report, each with its number of links.

    :param counts: The number of links by problem.
    """
    by_name = {str(problem): count for problem, count in counts.items()}
    return [
        Segment(str(problem), meaning.symbol, meaning.label, by_name[problem])
        for problem, meaning in PROBLEMS.items()
        if by_name.get(problem)
    ]
