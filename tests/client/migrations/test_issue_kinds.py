"""Classes of migration issues, from Canvas's sentences."""

from __future__ import annotations

import pytest

from airflow_provider_canvas.client.migrations.issue_kinds import ClassifiedIssue, IssueClass, classify_issue


@pytest.mark.parametrize(
    ("description", "issue_class", "subject"),
    [
        ("Missing links found in imported content - Page body", "missing_link", "Page body"),
        ("Missing links found in imported content", "missing_link", None),
        ("The importer couldn't determine the correct answers for this question.", "quiz_answer_unknown", None),
        (
            "The importer couldn\N{RIGHT SINGLE QUOTATION MARK}t determine the correct answer for this question.",
            "quiz_answer_unknown",
            None,
        ),
        (
            "There was an error exporting an assessment question - No question type used",
            "question_type_unsupported",
            None,
        ),
        ("Unknown question type: hot_spot", "question_type_unsupported", None),
        ("Multiple Dropdowns question may have been imported incorrectly", "question_changed", None),
        ("Possible answers will need to be regenerated for Formula question", "question_changed", None),
        (
            "There are 3 Formula questions in this bank that will need to have their possible answers regenerated",
            "question_changed",
            None,
        ),
        ('The quiz "Cells" was imported without its questions', "question_changed", None),
        ('Import Error: Wiki Page - "Week 1"', "import_error", "Wiki Page"),
        ('Import Error: Quiz - "The unexpected error, and quota questions"', "import_error", "Quiz"),
        ('The forum "News" could not be imported', "import_error", "forum"),
        ('Couldn\'t copy file "a.pdf"', "file_not_copied", None),
        ("File a.pdf could not be found", "file_not_copied", None),
        ("The file would exceed the quota limits for the account", "quota_exceeded", None),
        ("The title of the following wiki page was truncated: Week 1", "title_shortened", None),
        ('The title of the page "Week 1" was too long and has been shortened.', "title_shortened", None),
        ('The external Learning Outcome couldn\'t be found for "LO 1", creating a copy.', "outcome_copied", None),
        ("You're not allowed to manage global outcomes, can't add \"LO 1\"", "outcome_copied", None),
        (
            'The security parameters for the external tool "Kaltura" need to be set in Course Settings.',
            "external_tool_unconfigured",
            "Kaltura",
        ),
        (
            'The account External Tool for module item "Lab 1" must be configured before the item can be launched',
            "external_tool_unconfigured",
            "Lab 1",
        ),
        ('Error associating assignment "Essay" with an LTI tool.', "external_tool_unconfigured", "Essay"),
        ('The url for the external tool assignment "Essay" wasn\'t valid.', "external_tool_unconfigured", "Essay"),
        ("Unsupported content package", "package_unreadable", None),
        ("Error identifying package type: unknown mime type unknown/unknown", "package_unreadable", None),
        ("File required for content migration.", "package_unreadable", None),
        *(
            (
                f"This package includes {kind}, which are not compatible with Canvas and were not included.",
                "content_unsupported",
                None,
            )
            for kind in ("APIP file(s)", "IWB file(s)", "EPub3 file(s)", "Curriculum Standards")
        ),
        ("error migrating content", "import_error", None),
        ("Failed to import Assessment 17", "import_error", "Assessment"),
        ("An error occurred while translating content links", "import_error", None),
        ('The announcement "News" could not be linked to the module "Week 1"', "import_error", "announcement"),
        ("Invalid course tab configuration", "import_error", None),
        (
            'The file "a.pdf" did not exist in the content package and could not be imported.',
            "file_not_copied",
            "a.pdf",
        ),
        ('Couldn\'t find the question bank for quiz group "G"', "question_changed", None),
        ("User didn't have permission to reference question bank in quiz group G", "question_changed", None),
        ('The question text for the question "Q" was too long.', "question_changed", None),
        ("Couldn't find copied grading standard for the course.", "grading_scheme_missing", None),
        ("Couldn't find account grading standard for the course.", "grading_scheme_missing", None),
        (
            'The assignment "Essay" referenced a grading scheme that was not found in the course\'s account chain.',
            "grading_scheme_missing",
            None,
        ),
        (
            'Couldn\'t adjust dates on assignment "Essay" (Lock date cannot be before due date)',
            "dates_not_shifted",
            "assignment",
        ),
        ("Couldn't adjust the due dates for a quiz", "dates_not_shifted", None),
        ("The file upload process timed out.", "upload_timeout", None),
        ("Blocked by running migration", "blocked_by_running", None),
        ("There was an unexpected error, please contact support.", "unexpected_error", None),
        ("Es fehlen Links in den importierten Inhalten", "other", None),
        ("", "other", None),
    ],
)
def test_sentences(description: str, issue_class: str, subject: str | None) -> None:
    """Each sentence has one class, even if a title in it contains the words of another class."""
    assert classify_issue({"description": description}) == ClassifiedIssue(IssueClass(issue_class), subject)


@pytest.mark.parametrize(
    ("error_message", "issue_class"),
    [
        ("Blocked by running migration", "blocked_by_running"),
        ("RuntimeError: something", "unexpected_error"),
        (None, "unexpected_error"),
    ],
)
def test_the_reason_in_the_error_message(error_message: str | None, issue_class: str) -> None:
    """``error_message`` decides if the description gives no reason."""
    issue = {"description": "There was an unexpected error, please contact support.", "error_message": error_message}
    assert classify_issue(issue).issue_class == issue_class


def test_the_description_comes_before_the_error_message() -> None:
    """``error_message`` is ignored if the description has a class: it may contain any words."""
    issue = {"description": "Missing links found in imported content - Quiz", "error_message": "quota.html"}
    assert classify_issue(issue).issue_class == "missing_link"
