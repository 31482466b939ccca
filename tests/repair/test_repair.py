"""A repair changes only the wrong addresses, tells nobody, keeps a backup, and can be taken back exactly."""

from __future__ import annotations

import sqlalchemy as sa
from canvas_emulator.model.content import Assignment, Page

from tests.repair.conftest import Start
from tests.support import stale_course
from tests.support.stale_course import COURSE, MemoryBackups, all_places, puts, right, run_repair, shown_texts


def test_every_place_is_repaired_and_restored(start: Start) -> None:
    """Each address is corrected and all other bytes stay; a second run changes nothing, and an undo is exact."""
    engine, canvas, world = start()
    places = all_places(world)
    before, backups = shown_texts(canvas, places), MemoryBackups()
    links = sum(len(list(stale_course.stale_addresses(f, t))) for texts in before.values() for f, t in texts.items())
    assert links >= 2 * 7 + 1

    assert run_repair(engine, canvas, backups, dry_run=True) == {"planned": links}
    assert (puts(world), backups.documents) == (0, {})

    assert run_repair(engine, canvas, backups) == {"repaired": links}
    assert puts(world) == len(places)
    after = shown_texts(canvas, places)
    for key, texts in before.items():
        expected = {field: _expected(text) for field, text in texts.items()}
        assert after[key] == expected, key
    assert world.notices.notifications == []

    assert run_repair(engine, canvas, backups) == {"repaired": links}, "the same run again"
    assert run_repair(engine, canvas, backups, run_id="run 2") == {"unchanged": links}
    assert puts(world) == len(places)

    assert run_repair(engine, canvas, backups, run_id="run 3", undo="run 1", dry_run=True) == {"planned": links}
    assert puts(world) == len(places)
    assert run_repair(engine, canvas, backups, run_id="run 4", undo="run 1") == {"undone": links}
    assert shown_texts(canvas, places) == before
    assert puts(world) == 2 * len(places)
    assert run_repair(engine, canvas, backups, run_id="run 5", undo="run 1") == {}
    assert world.notices.notifications == []
    engine.dispose()


def _expected(text: str) -> str:
    """Return the text with the stale addresses, and the addresses in the API that Canvas makes of them, corrected."""
    code, outside = "<code>/courses/1/pages/home</code>", "https://elsewhere.example/courses/1/pages/x"
    held = text.replace(code, "{code}").replace(outside, "{outside}")
    return right(held).replace("{code}", code).replace("{outside}", outside)


def test_no_secret_leaves_canvas(start: Start) -> None:
    """The verifiers that Canvas adds to texts are in no backup and in no row, and the texts are stored as before."""
    engine, canvas, world = start()
    places, backups = all_places(world), MemoryBackups()
    if world.settings.file_verifiers:
        assert "verifier=" in str(shown_texts(canvas, places))
    run_repair(engine, canvas, backups)
    assert backups.documents
    assert "verifier" not in str(backups.documents)
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT * FROM canvas_link_repair")).fetchall()
    assert rows
    assert "verifier" not in str(rows)
    assert stale_course.TOKEN not in str(rows) + str(backups.documents)
    engine.dispose()


def test_undo_leaves_what_was_edited_since(start: Start) -> None:
    """A text that was edited after the repair stays; all others are restored, also when the undo runs again."""
    engine, canvas, world = start()
    places, backups = all_places(world), MemoryBackups()
    before = shown_texts(canvas, places)
    run_repair(engine, canvas, backups)
    (page,) = world.live(Page, COURSE)
    page.body += "<p>by a teacher</p>"
    edited = page.body
    counts = run_repair(engine, canvas, backups, run_id="run 2", undo="run 1")
    assert counts["skipped_edited"] == 2
    assert page.body == edited
    after = shown_texts(canvas, places)
    assert {key: texts for key, texts in after.items() if key[1] != "pages"} == {
        key: texts for key, texts in before.items() if key[1] != "pages"
    }
    made = puts(world)
    assert run_repair(engine, canvas, backups, run_id="run 3", undo="run 1") == {"skipped_edited": 2}
    assert puts(world) == made
    engine.dispose()


def test_a_text_that_was_edited_since_the_reconciliation_keeps_the_edit(start: Start) -> None:
    """Addresses that moved in the text are found; those that are gone are left out."""
    engine, canvas, world = start()
    (page,) = world.live(Page, COURSE)
    page.body = '<p><a href="https://new.example/">new</a></p>' + page.body.replace("<img", "<b>no</b><IMG").replace(
        "/courses/1/files/9/preview", "/courses/7/files/9/preview"
    )
    kept = page.body
    counts = run_repair(engine, canvas, MemoryBackups(), place_types=["pages"])
    assert counts == {"repaired": 1, "unchanged": 1}
    assert "new.example" in page.body
    assert page.body.count("/courses/1/pages/home") == kept.count("/courses/1/pages/home") - 1
    engine.dispose()


def test_the_description_of_a_shell_is_left_to_its_quiz(start: Start) -> None:
    """The row of an assignment that is the shell of a quiz is skipped."""
    engine, canvas, world = start()
    shell = next(row for row in world.live(Assignment, COURSE) if row.quiz_id)
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE canvas_stale_link SET place_id = :id WHERE place_type = 'assignments'"),
            {"id": str(shell.id)},
        )
    assert run_repair(engine, canvas, MemoryBackups(), place_types=["assignments"]) == {"skipped_unsupported": 3}
    assert puts(world) == 0
    engine.dispose()


def test_a_field_that_the_api_does_not_change(start: Start) -> None:
    """A link in another field is skipped, and the other links of its place are repaired."""
    engine, canvas, _world = start(types=["pages"])
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE canvas_stale_link SET field = 'title' WHERE attribute = 'src'"))
    assert run_repair(engine, canvas, MemoryBackups()) == {"repaired": 1, "skipped_unsupported": 1}
    engine.dispose()
