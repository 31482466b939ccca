"""What kind of trouble an issue of a migration is: the classes that people triage by, told from Canvas's words.

Canvas gives an issue a gravity (``issue_type``) and a sentence, and no code. The sentences are in the language of the
token's user; those below are English, so with a token of another language everything is :attr:`IssueClass.OTHER`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class IssueClass(StrEnum):
    """What went wrong."""

    MISSING_LINK = "missing_link"
    """Something links to what did not come along."""
    QUIZ_ANSWER_UNKNOWN = "quiz_answer_unknown"
    """A question came without its correct answer."""
    QUESTION_TYPE_UNSUPPORTED = "question_type_unsupported"
    """Canvas does not know the type of a question."""
    QUESTION_CHANGED = "question_changed"
    """A question came as something else, or has to be looked through."""
    IMPORT_ERROR = "import_error"
    """One item could not be imported."""
    FILE_NOT_COPIED = "file_not_copied"
    """A file is missing."""
    QUOTA_EXCEEDED = "quota_exceeded"
    """The destination has no room for a file."""
    TITLE_SHORTENED = "title_shortened"
    """A title was too long."""
    OUTCOME_COPIED = "outcome_copied"
    """An outcome of another account could not be found, or may not be used."""
    EXTERNAL_TOOL_UNCONFIGURED = "external_tool_unconfigured"
    """An external tool needs its key and secret again."""
    UPLOAD_TIMEOUT = "upload_timeout"
    """The package never arrived."""
    BLOCKED_BY_RUNNING = "blocked_by_running"
    """Another migration of the same course ran for too long."""
    UNEXPECTED_ERROR = "unexpected_error"
    """Canvas does not say what it was."""
    OTHER = "other"
    """A sentence that is not known here."""


@dataclass(frozen=True)
class Classified:
    """What an issue is about.

    :param issue_class: Its class.
    :param subject: What it happened to, as Canvas calls it (``Wiki Page body``, ``Quiz``), where the sentence says so.
    """

    issue_class: IssueClass
    subject: str | None = None


_SENTENCES: tuple[tuple[IssueClass, str], ...] = (
    (IssueClass.MISSING_LINK, r"missing links found in imported content(?:\s*-\s*(?P<subject>.+))?"),
    (IssueClass.IMPORT_ERROR, r"^import error:\s*(?P<subject>[^\"]+?)\s*-\s*\""),
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
    (IssueClass.EXTERNAL_TOOL_UNCONFIGURED, r"security parameters for the external tool"),
    (IssueClass.BLOCKED_BY_RUNNING, r"blocked by running migration"),
    (IssueClass.UNEXPECTED_ERROR, r"unexpected error"),
)
"""In this order: what fits first counts. Titles stand in the sentences, so the narrow ones come first."""

_PATTERNS = tuple((issue_class, re.compile(pattern, re.IGNORECASE)) for issue_class, pattern in _SENTENCES)


def classified(issue: Mapping[str, Any]) -> Classified:
    """Return what an issue is about.

    Some versions of Canvas hide the reason of an unexpected error in ``error_message``, which admins see: it counts
    where the description says no more than that.
    """
    found = _read(str(issue.get("description") or ""))
    if found.issue_class in (IssueClass.UNEXPECTED_ERROR, IssueClass.OTHER) and issue.get("error_message"):
        hidden = _read(str(issue["error_message"]))
        return found if hidden.issue_class is IssueClass.OTHER else hidden
    return found


def _read(sentence: str) -> Classified:
    sentence = sentence.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    for issue_class, pattern in _PATTERNS:
        if match := pattern.search(sentence):
            return Classified(issue_class, _trimmed(match.groupdict().get("subject")))
    return Classified(IssueClass.OTHER)


def _trimmed(subject: str | None) -> str | None:
    return subject.strip() or None if subject else None
