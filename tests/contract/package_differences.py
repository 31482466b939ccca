"""The differences between an export of the emulator and one of a real Canvas that are allowed, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping

NOT_WRITTEN: Mapping[str, str] = {
    "course_settings/external_feeds.xml": "the emulator has no external feeds",
    "course_settings/grading_standards.xml": "the emulator has no grading schemes of courses",
    "course_settings/late_policy.xml": "the emulator has no late policies",
}
"""The documents of the real export that the emulator never writes."""

LEFT_OUT: Mapping[str, str] = {
    "/assignment/grading_standard_identifierref": "the emulator has no grading schemes of courses",
    "/assignment/group_category": "sets of groups are not exported, and the name alone leads nowhere",
    "/assignment/peer_reviews_due_at": "the emulator does not know when peer reviews are due",
    "/cartridge_basiclti_link/custom": "the tools of the emulator have no custom fields",
    "/cartridge_basiclti_link/extensions/options": "the tools of the emulator have no placements",
    "/course/grading_standard_identifier_ref": "the emulator has no grading schemes of courses",
    "/course/tab_configuration": "the emulator does not keep the order of a course's tabs",
    "/learningOutcomes/learningOutcome/alignments": "the emulator's outcomes are aligned with nothing",
    "/learningOutcomes/learningOutcome/external_identifier": "an account's outcome; the emulator has those of courses",
    "/learningOutcomes/learningOutcome/is_global_outcome": "an account's outcome; the emulator has those of courses",
    "/learningOutcomes/learningOutcome/vendor_guid": "the recording script set it; outcomes of teachers have none",
    "item/itemfeedback": "the questions of the emulator have no comments",
    "item/resprocessing/respcondition/displayfeedback": "the questions of the emulator have no comments",
    "item/itemproc_extension": "the emulator does not know the formulas of formula questions",
    "item/presentation/response_lid/material": "the emulator does not know the blanks and pairs of such questions",
    "item/resprocessing/respcondition@title": "the emulator does not know the formulas of formula questions",
    "conditionvar/not": "the emulator does not know the formulas of formula questions",
    "conditionvar/or/and/vargt": "the emulator knows numbers without a precision",
    "conditionvar/vargte": "the emulator knows numbers without a range",
    "conditionvar/varlte": "the emulator knows numbers without a range",
    "section/selection_ordering": "the quizzes of the emulator have no groups of questions",
    "/section@title": "the quizzes of the emulator have no groups of questions",
    "/rubrics/rubric/criteria/criterion/criterion_use_range": "the criteria of the emulator have points and no ranges",
    "/rubrics/rubric/criteria/criterion/ignore_for_scoring": "the criteria of the emulator are no outcomes",
    "/rubrics/rubric/criteria/criterion/learning_outcome_identifierref": "the criteria of the emulator are no outcomes",
    "/rubrics/rubric/criteria/criterion/mastery_points": "the criteria of the emulator are no outcomes",
    "/rubrics/rubric/criteria/criterion/ratings/rating/long_description": "criteria here have no ratings",
    "/topicMeta/group_category": "sets of groups are not exported, and the name alone leads nowhere",
}
"""The elements of the real export that the emulator never writes, by the path or its end; all within them as well."""

ADDED: Mapping[str, str] = {
    "/events/event/location_name": "no recorded event has a place; a Canvas that does not know the element ignores it",
    "/head/meta[publish_at]": "today's pages have it; a Canvas that does not know it ignores it",
}
"""The elements that the emulator writes and the real export does not have; all within them as well."""


def is_among(path: str, places: Mapping[str, str]) -> bool:
    """Tell whether a path is one of some places, or within one."""
    return any(place in path.partition(" of ")[0] + "/" and _ends_with_name(path, place) for place in places)


def _ends_with_name(path: str, place: str) -> bool:
    """Tell whether a place ends in a path where a name ends."""
    rest = path[path.index(place) + len(place) :]
    return not rest or rest[0] in "/@[ "
