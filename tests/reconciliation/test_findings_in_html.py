"""What the report of a course shows beyond Canvas's mapping: stale links, other types, edits, unreadable listings."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES, UNMAPPED_TYPES
from airflow_provider_canvas.reconciliation.links.stale_link import PLACE_TYPES, Problem, Witness
from airflow_provider_canvas.reconciliation.new_quiz_states import STATUSES
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
from airflow_provider_canvas.reconciliation.report.html import render_html
from airflow_provider_canvas.reconciliation.report.log_lines import stale_link_lines
from airflow_provider_canvas.reconciliation.report.new_quizzes import summarize_new_quizzes
from airflow_provider_canvas.reconciliation.report.problems import PROBLEMS, WITNESSES
from airflow_provider_canvas.reconciliation.report.stale_links import MAX_UNFOLDED_LINKS, PLACES
from airflow_provider_canvas.reconciliation.report.type_labels import TYPE_LABELS, kind_of, label_of_type
from airflow_provider_canvas.reconciliation.rows import AssetRow
from airflow_provider_canvas.reconciliation.statuses import Status
from airflow_provider_canvas.reconciliation.unmapped import with_new_quizzes
from tests.reconciliation.notation import NOW, reconciled
from tests.reconciliation.stale_links import one_of_each_problem, stale_link
from tests.support.html_reader import Reader

CANVAS = "https://canvas.example.edu"
TIMES = "\N{MULTIPLICATION SIGN}"
NASTY = """'><script>alert(1)</script>&"{{ 7*7 }}"""


def result(**changed: Any) -> Reconciliation:
    """Return the reconciliation of a course whose only page arrived."""
    return reconciled('page 1 "Home"', 'page 2 "Home"', "page 1 -> 2", **changed)


def unmapped_row(**changed: Any) -> AssetRow:
    """Return the row of a rubric that was paired by its name."""
    fields: dict[str, Any] = {
        "asset_type": "rubrics",
        "asset_key": "source:7",
        "status": Status.MATCHED,
        "detail": "",
        "in_source": True,
        "in_destination": True,
        "source_asset_id": "7",
        "dest_asset_id": "8",
        "source_title": "Essay rubric",
        "dest_title": "Essay rubric",
        "matched_by": "name",
    }
    return AssetRow(**{**fields, **changed})


class TestStaleLinks:
    def test_every_problem_is_explained(self) -> None:
        """Each problem has its own label, symbol and colour, says what a student meets, and what to do."""
        assert set(PROBLEMS) == set(Problem)
        assert set(WITNESSES) == set(Witness)
        assert set(PLACES) == set(PLACE_TYPES)
        assert len({meaning.label for meaning in PROBLEMS.values()}) == len(Problem)
        assert len({meaning.symbol for meaning in PROBLEMS.values()}) == len(Problem)
        html = render_html(result(stale_links=one_of_each_problem(), checks=["links"]))
        text = Reader(html).text
        for problem, meaning in PROBLEMS.items():
            assert f".{problem}" in html.partition("</style>")[0]
            assert meaning.explanation.endswith(".")
            assert meaning.advice.endswith(".")
            for words in (meaning.label, meaning.explanation, meaning.advice):
                assert words in text

    def test_a_line(self) -> None:
        """A line has the place with its link, the text and address, the right target, and who can repair it."""
        reader = Reader(render_html(result(stale_links=[stale_link(3)])))
        words = "Syllabus quiz page, text Leads to the source course /courses/11/assignments/3 Assignment 3"
        assert f"{words} /courses/22/assignments/903 open can be repaired" in reader.text
        assert f"{CANVAS}/courses/22/pages/syllabus-quiz" in reader.links
        assert not [link for link in reader.links if "/courses/11/assignments" in link]

    @pytest.mark.parametrize(
        ("field", "words"),
        [
            ("body", "text"),
            ("syllabus_body", "text"),
            ("question_text", "text of the question"),
            ("answers.3.html", "text of a choice"),
            ("correct_comments_html", "text"),
            ("external_url", "address"),
            ("external_tool_tag_attributes.url", "address"),
            ("url", "address"),
            ("custom.course", "custom field course"),
        ],
    )
    def test_fields_of_a_place(self, field: str, words: str) -> None:
        """The line says in which part of the place the link is, in words."""
        text = Reader(render_html(result(stale_links=[stale_link(3, field=field)]))).text
        assert f"Syllabus quiz page, {words} Leads to the source course" in text

    def test_what_can_be_repaired(self) -> None:
        """The sentence over the table says how many links the repair can change, and that the others need a person."""
        text = Reader(render_html(result(stale_links=one_of_each_problem()))).text
        assert "The right target of 4 is known: CanvasRepairLinksOperator can change them." in text
        assert "Correct the other 5 by hand." in text
        assert "1 of 1 can be repaired." in text

    def test_students_meet_first(self) -> None:
        """Links are ordered by problem, what students meet first, and then by their place in the text."""
        links = [stale_link(2, Problem.LOST_ANCHOR), stale_link(1), stale_link(0), stale_link(3, Problem.PLACEHOLDER)]
        html = render_html(result(stale_links=links))
        assert re.findall(r"<span>/courses/11/assignments/(\d)", html) == ["3", "0", "1", "2"]

    def test_many_links_are_folded(self) -> None:
        """Only the first lines are unfolded."""
        reader = Reader(render_html(result(stale_links=[stale_link(number) for number in range(80)])))
        assert reader.words.count("Syllabus quiz") == MAX_UNFOLDED_LINKS
        assert reader.folded.count("Syllabus quiz") == 80 - MAX_UNFOLDED_LINKS

    @pytest.mark.parametrize(
        ("witnesses", "sentences"),
        [
            ([Witness.NONE, Witness.NONE], []),
            (
                [Witness.CANVAS_AGREES, Witness.CANVAS_SILENT, Witness.CANVAS_SILENT, Witness.CANVAS_ONLY],
                [
                    f"1 {TIMES} Canvas reports it too",
                    f"2 {TIMES} Canvas does not report it",
                    f"1 {TIMES} only Canvas reports it",
                ],
            ),
        ],
    )
    def test_second_witness(self, witnesses: list[Witness], sentences: list[str]) -> None:
        """Agreements and disagreements with Canvas's link validation are counted, and stand in each line."""
        links = [stale_link(number, witness=witness) for number, witness in enumerate(witnesses)]
        text = Reader(render_html(result(stale_links=links))).text
        assert ("as a second witness" in text) is bool(sentences)
        for sentence in sentences:
            assert sentence in text
        assert text.count("Canvas does not report it") == (1 + 2 if sentences else 0)

    def test_no_stale_link(self) -> None:
        """A course without stale links has no such part; the page says whether links were checked at all."""
        checked, unchecked = (Reader(render_html(result(checks=checks))).text for checks in (["links"], []))
        assert "Stale links" not in checked
        assert "Links checked in all texts and addresses of the destination: none stale" in checked
        assert "Links not checked" in unchecked

    @pytest.mark.parametrize(
        ("links", "sentence"),
        [
            ([], "Everything arrived, without differences in what was compared."),
            ([stale_link()], "Everything arrived, but 1 link is stale."),
            ([stale_link(0), stale_link(1)], "Everything arrived, but 2 links are stale."),
        ],
    )
    def test_headline(self, links: list[Any], sentence: str) -> None:
        """The headline counts stale links."""
        assert sentence in Reader(render_html(result(stale_links=links))).text

    def test_hostile_texts(self) -> None:
        """No text of a link becomes markup, an address of another scheme is no link, and a secret is not shown."""
        names = ("place_title", "url", "link_text", "right_url", "detail")
        link = stale_link(place_url="javascript:alert(1)", **dict.fromkeys(names, NASTY))
        signed = stale_link(1, url=f"{CANVAS}/files/7/download?verifier=SECRET&wrap=1", place_type="unknown_place")
        html = render_html(result(stale_links=[link, signed], unreadable=[NASTY]))
        reader = Reader(html)
        assert reader.open == []
        assert html.count("<script") == 1
        assert reader.text.count(NASTY.lower().strip()) + reader.text.count(NASTY) >= 5
        assert not [address for address in reader.links if "javascript" in address]
        assert "SECRET" not in html
        assert "unknown place, text" in reader.text


class TestOtherFindings:
    def test_types_without_a_mapping(self) -> None:
        """Rows of types without a mapping have a bar of their own, and say that they were matched by name, and why."""
        rows = [unmapped_row(), unmapped_row(asset_key="source:9", asset_type="course_settings", source_title="Home")]
        reader = Reader(render_html(with_rows(result(), rows)))
        assert "Compared by name, because Canvas has no mapping of these types Rubrics" in reader.text
        assert "Matched: course settings" in reader.text
        assert reader.folded.count("matched by name: Canvas has no mapping of this type") == 2
        assert f"{CANVAS}/courses/22/rubrics/8" in reader.links

    @pytest.mark.parametrize(
        ("missing", "sentence"),
        [
            ({"rubrics": 1}, "1 rubric is missing."),
            ({"course_settings": 2}, "2 course settings are missing."),
            (
                {"rubrics": 1, "calendar_events": 1, "outcomes": 3},
                "1 rubric, 1 calendar event and 3 outcomes are missing.",
            ),
        ],
    )
    def test_missing_without_a_mapping(self, missing: dict[str, int], sentence: str) -> None:
        """Missing assets of types without a mapping are named apart: the number of expected assets has none of them."""
        rows = [
            unmapped_row(
                asset_type=asset_type,
                asset_key=f"source:{number}",
                status=Status.MISSING_IN_DESTINATION,
                in_destination=False,
                matched_by=None,
            )
            for asset_type, count in missing.items()
            for number in range(count)
        ]
        text = Reader(render_html(with_rows(result(), rows))).text
        assert sentence in text
        expected = "1 of 1 expected asset is in the destination as copies."
        assert f"{expected} Types that are compared by name do not count for this." in text

    def test_every_type_has_a_name(self) -> None:
        """Each asset type and each place has a label of its own, in the plural and in the singular."""
        types = (*ASSET_TYPES, *UNMAPPED_TYPES)
        assert set(types) <= set(TYPE_LABELS)
        assert len({label_of_type(each) for each in types}) == len({kind_of(each) for each in types}) == len(types)

    @pytest.mark.parametrize(
        ("states", "words"),
        [
            ([], None),
            (["ok", "ok"], "2 usable"),
            (["fewer items"], "1 usable"),
            (["not_there"], "1 must be opened once by a teacher"),
            (["failed_to_migrate", "migrating"], "1 still being built, 1 failed"),
            (["Canvas answers 403", "ok"], "1 usable, 1 not checked"),
        ],
    )
    def test_new_quizzes(self, states: list[str], words: str | None) -> None:
        """The facts say how many New Quizzes can be used, and why the others cannot."""
        rows, assignments, records = [], [], []
        for number, state in enumerate(states, start=1):
            built = STATUSES.get(state, Status.MATCHED)
            rows.append(unmapped_row(asset_type="assignments", source_asset_id=f"9{number}", status=built))
            rows[-1] = replace(rows[-1], dest_asset_id=str(number), matched_by="mapping")
            assignment = {"id": number, "is_quiz_lti_assignment": True, "workflow_state": "published"}
            assignments.append(assignment | ({"workflow_state": state} if state in STATUSES else {}))
            is_there = state in ("ok", "fewer items")
            record = {"state": "ok", "item_count": 3} if is_there else {"state": state}
            records.append({"assignment_id": number, **record})
        destination = {"assignments": assignments, "new_quizzes": records}
        originals = [{**each, "id": int(f"9{each['id']}"), "workflow_state": "published"} for each in assignments]
        counts = [{"assignment_id": each["id"], "state": "ok", "item_count": 5} for each in originals]
        source = {"assignments": originals, "new_quizzes": counts if "fewer items" in states else []}
        found = with_new_quizzes(rows, source, destination)
        assert summarize_new_quizzes(found) == words
        text = Reader(render_html(with_rows(result(), found))).text
        assert (f"New Quizzes {words}" in text) is (words is not None)

    def test_edited_since_the_copy(self) -> None:
        """Assets that were edited after the copy are listed with the time, and the page says what another copy does."""
        base = result()
        row = replace(base.rows[0], changed_since_copy=True, dest_updated_at=NOW)
        reader = Reader(render_html(with_rows(replace(base, rows=[]), [row])))
        assert "Edited since the copy 1 asset" in reader.text
        assert "Another copy would overwrite their changes" in reader.text
        assert "page, edited since the copy, 5 Jan 2026, 12:00 UTC" in reader.folded

    def test_unreadable_listings(self) -> None:
        """The page names what could not be read, and says that nothing of it counts as missing."""
        text = Reader(render_html(result(unreadable=["tabs", "rubrics", "page_bodies", "something_new"]))).text
        assert "nothing of them counts as missing" in text
        assert "Course navigation Rubrics Texts of pages Something new" in text


def with_rows(base: Reconciliation, rows: list[AssetRow]) -> Reconciliation:
    """Return a reconciliation with more rows."""
    return replace(base, rows=[*base.rows, *rows], summary=type(base.summary).from_rows([*base.rows, *rows]))


@pytest.mark.parametrize(
    ("counts", "repairable", "lines"),
    [
        ({}, 0, ["No stale links."]),
        (
            {"placeholder": 2, "points_to_source": 1},
            3,
            [
                "3 stale links. The right target of all is known: CanvasRepairLinksOperator can change them.",
                "2 x broken by the copy",
                "1 x leads to the source course",
            ],
        ),
        (
            {"target_missing": 1},
            0,
            [
                "1 stale link. The right target of none is known: correct them by hand.",
                "1 x target is missing",
            ],
        ),
        (
            {"source_id": 1000, "lost_anchor": 1},
            1000,
            [
                (
                    "1,001 stale links. The right target of 1,000 is known: CanvasRepairLinksOperator can change them. "
                    "Correct the other 1 by hand."
                ),
                "1,000 x has an id of the source course",
                "1 x lost the end of its address",
            ],
        ),
    ],
)
def test_log_lines(counts: dict[str, int], repairable: int, lines: list[str]) -> None:
    """The log has the number of stale links by problem, and how many can be repaired."""
    assert stale_link_lines(counts, repairable) == lines
