"""The copy of the recordings: it is complete and up to date, and each exchange can be named."""

from __future__ import annotations

import pytest
from update_recordings import DEFAULT_SOURCE, TARGET, files_of, update

from tests.support.recordings import all_exchanges, exchanges, subjects, time_lines


@pytest.mark.skipif(not DEFAULT_SOURCE.is_dir(), reason="the original recordings are not beside this checkout")
def test_the_copy_is_up_to_date():
    """The copy equals the original recordings, if they are beside the checkout."""
    assert files_of(TARGET) == files_of(DEFAULT_SOURCE), "run scripts/update_recordings.py"


def test_an_update_copies_changes_and_deletes_what_is_gone(tmp_path):
    """An update adds, replaces and deletes files, and leaves other files alone."""
    source, target = tmp_path / "source", tmp_path / "target"
    for folder in (source, target):
        (folder / "packages").mkdir(parents=True)
    (source / "new.jsonl").write_text("1")
    (source / "changed.jsonl").write_text("2")
    (source / "packages" / "sample.imscc").write_text("not ours")
    (target / "changed.jsonl").write_text("1")
    (target / "old.jsonl").write_text("1")
    (target / "README.md").write_text("ours")

    changed = update(source, target)

    assert [path.name for path in changed] == ["changed.jsonl", "new.jsonl", "old.jsonl"]
    assert {path.name for path in target.iterdir()} == {"README.md", "changed.jsonl", "new.jsonl", "packages"}
    assert (target / "changed.jsonl").read_text() == "2"
    assert not list((target / "packages").iterdir())


def test_names_are_unique():
    """No two exchanges have the same name."""
    assert sum(len(exchanges(subject)) for subject in subjects()) == len(all_exchanges())


def test_time_lines_have_actions_and_polls():
    """Each recorded job has the request that started it and at least one poll."""
    assert all(line.actions and line.timeline for line in time_lines())
