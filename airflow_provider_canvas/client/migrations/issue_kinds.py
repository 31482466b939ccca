"""Classes of migration issues for triage, derived from Canvas's descriptions.

Canvas gives an issue a severity (``issue_type``) and a sentence, but no code. The sentence is in the language of the
token's user. The patterns below are English: in any other language each issue is :attr:`IssueClass.OTHER`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class IssueClass(StrEnum):
    """The class of a migration issue."""

    MISSING_LINK = "missing_link"
    """A link points to content that was not copied."""
    QUIZ_ANSWER_UNKNOWN = "quiz_answer_unknown"
    """A question was imported without its correct answer."""
    QUESTION_TYPE_UNSUPPORTED = "question_type_unsupported"
    """Canvas does not know the type of a question."""
    QUESTION_CHANGED = "question_changed"
    """A question was converted, or must be reviewed."""
    IMPORT_ERROR = "import_error"
    """One item could not be imported."""
    FILE_NOT_COPIED = "file_not_copied"
    """A file could not be copied."""
    QUOTA_EXCEEDED = "quota_exceeded"
    """A file exceeds the quota of the destination."""
    TITLE_SHORTENED = "title_shortened"
    """A title was too long."""
    OUTCOME_COPIED = "outcome_copied"
    """An outcome of another account was not found or may not be used, so it was copied."""
    GRADING_SCHEME_MISSING = "grading_scheme_missing"
    """A grading scheme was not found."""
    EXTERNAL_TOOL_UNCONFIGURED = "external_tool_unconfigured"
    """An external tool needs its key and secret again, must be configured, or could not be linked."""
    DATES_NOT_SHIFTED = "dates_not_shifted"
    """Dates could not be shifted: the item has its old dates."""
    CONTENT_UNSUPPORTED = "content_unsupported"
    """The package has content of a kind that Canvas does not import."""
    PACKAGE_UNREADABLE = "package_unreadable"
    """Canvas cannot read the package at all; importing it again does not help."""
    UPLOAD_TIMEOUT = "upload_timeout"
    """The upload of the package timed out."""
    BLOCKED_BY_RUNNING = "blocked_by_running"
    """Another migration of the same course ran for too long."""
    UNEXPECTED_ERROR = "unexpected_error"
    """Canvas does not give the reason."""
    OTHER = "other"
    """The description matches no known pattern."""


@dataclass(frozen=True)
class ClassifiedIssue:
    """The class and the subject of an issue.

    :param issue_class: The class.
    :param subject: The affected item as Canvas names it (``Wiki Page body``, ``Quiz``), if the sentence names it.
    """

    issue_class: IssueClass
    subject: str | None = None


_SENTENCES: tuple[tuple[IssueClass, str], ...] = (
    (IssueClass.MISSING_LINK, r"missing links found in imported content(?:\s*-\s*(?P<subject>.+))?"),
    (IssueClass.IMPORT_ERROR, r"^import error:\s*(?P<subject>[^\"]+?)\s*-\s*\""),
    (IssueClass.PACKAGE_UNREADABLE, r"^unsupported content package|^error identifying package type"),
    (IssueClass.PACKAGE_UNREADABLE, r"^file required for content migration"),
    (IssueClass.CONTENT_UNSUPPORTED, r"^this package includes .* not compatible with canvas"),
    (IssueClass.EXTERNAL_TOOL_UNCONFIGURED, r"^the security parameters for the external tool \"(?P<subject>.*)\" need"),
    (IssueClass.EXTERNAL_TOOL_UNCONFIGURED, r"^the account external tool for module item \"(?P<subject>.*)\" must be"),
    (IssueClass.EXTERNAL_TOOL_UNCONFIGURED, r"^error associating assignment \"(?P<subject>.*)\" with an lti tool"),
    (IssueClass.EXTERNAL_TOOL_UNCONFIGURED, r"^the url for the external tool assignment \"(?P<subject>.*)\" wasn't"),
    (IssueClass.DATES_NOT_SHIFTED, r"^couldn't adjust (?:the )?(?:due )?dates on (?P<subject>\w+)"),
    (IssueClass.DATES_NOT_SHIFTED, r"^couldn't adjust (?:the )?(?:due )?dates\b"),
    (IssueClass.GRADING_SCHEME_MISSING, r"grading scheme that was not found|find (?:copied|account) grading standard"),
    (IssueClass.FILE_NOT_COPIED, r"^the file \"(?P<subject>.*)\" did not exist in the content package"),
    (IssueClass.QUESTION_CHANGED, r"question bank (?:for|in) quiz group|the question text for the question"),
    (IssueClass.IMPORT_ERROR, r"^failed to import (?P<subject>[\w ]+?)\b|^error migrating content"),
    (IssueClass.IMPORT_ERROR, r"^an error occurred while translating content links"),
    (IssueClass.IMPORT_ERROR, r"^the (?P<subject>announcement) \".*\" could not be linked to the module"),
    (IssueClass.IMPORT_ERROR, r"^invalid course tab configuration"),
    (IssueClass.IMPORT_ERROR, r"^the (?P<subject>[\w ]+) \".*\" could not be imported|error importing"),
    (IssueClass.QUIZ_ANSWER_UNKNOWN, r"couldn't determine the correct answers?"),
    (IssueClass.QUESTION_TYPE_UNSUPPORTED, r"question.*\b(?:unsupported|unknown|not supported|no question type)"),
    (IssueClass.QUESTION_TYPE_UNSUPPORTED, r"\b(?:unsupported|unknown|no)\b.*question type"),
    (IssueClass.QUESTION_CHANGED, r"question.*\b(?:imported incorrectly|converted|regenerated|without its questions)"),
    (IssueClass.QUESTION_CHANGED, r"answers will need to be regenerated|imported without its questions"),
    (IssueClass.QUOTA_EXCEEDED, r"\bquota\b"),
    (IssueClass.FILE_NOT_COPIED, r"couldn't copy file|file .* could not be found|media .* was not imported"),
    (IssueClass.UPLOAD_TIMEOUT, r"file upload process timed out"),
    (IssueClass.TITLE_SHORTENED, r"title of .*\b(?:truncated|shortened)"),
    (IssueClass.OUTCOME_COPIED, r"outcome couldn't be found|not allowed to manage global outcomes"),
    (IssueClass.BLOCKED_BY_RUNNING, r"blocked by running migration"),
    (IssueClass.UNEXPECTED_ERROR, r"unexpected error"),
)
"""The first match counts. The sentences contain titles, so the narrow patterns come first."""

_PATTERNS = tuple((issue_class, re.compile(pattern, re.IGNORECASE)) for issue_class, pattern in _SENTENCES)


def classify_issue(issue: Mapping[str, Any]) -> ClassifiedIssue:
    """Classify a migration issue by its description.

    Some versions of Canvas give the reason of an unexpected error only in ``error_message``, which admins see. It is
    used if the description gives no reason.
    """
    described = _read(str(issue.get("description") or ""))
    if described.issue_class in (IssueClass.UNEXPECTED_ERROR, IssueClass.OTHER) and issue.get("error_message"):
        explained = _read(str(issue["error_message"]))
        return described if explained.issue_class is IssueClass.OTHER else explained
    return described


def _read(sentence: str) -> ClassifiedIssue:
    sentence = sentence.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    for issue_class, pattern in _PATTERNS:
        if match := pattern.search(sentence):
            return ClassifiedIssue(issue_class, _trimmed(match.groupdict().get("subject")))
    return ClassifiedIssue(IssueClass.OTHER)


def _trimmed(subject: str | None) -> str | None:
    return subject.strip() or None if subject else None
