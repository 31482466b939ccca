"""Ids are compared by the shard that they name: the home shard's own, or another one's."""

from __future__ import annotations

import pytest

from airflow_provider_canvas.reconciliation.links.migration_keys import migration_key
from airflow_provider_canvas.reconciliation.mapping import AssetMap
from tests.reconciliation.links.course_pair import COPY, PAIRS, SOURCE, find, listings, short

SHARD = 10**13
KEYS = {
    migration_key("assignments", "2", 7): {"source": {"id": "2"}, "destination": {"id": "1339"}},
}
"""What a newer Canvas on shard 7 adds to its mapping."""


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/courses/1~14/assignments/1~2", ("points_to_source", "/courses/852/assignments/1339")),
        ("/courses/2~14/assignments/2", ("points_to_other_course", None)),
        ("/courses/20000000000014", ("points_to_other_course", None)),
        ("/courses/14/assignments/2~2", ("points_to_source", None)),
        ("/courses/852/pages/home?module_item_id=2~12", None),
        ("/courses/852/files?preview=2~1", ("target_missing", None)),
        ("/files/2~1/download", None),
        ("/courses/852/external_tools/20000000000001", None),
        ("/courses/14/pages/page_id:8", ("points_to_source", "/courses/852/pages/lab-safety")),
        ("/courses/852/pages/page_id:1~901", None),
    ],
)
def test_a_canvas_whose_shard_is_1(url, expected):
    """An id of shard 1 is a local one; the same number of another shard is another object."""
    assert [short(link) for link in find(f'<a href="{url}">x</a>')] == ([expected] if expected else [])


def test_the_home_shard_by_the_keys_of_the_mapping():
    """The keys that Canvas adds to its mapping tell its shard: only ids of that shard are local ones."""
    mapping = AssetMap.parse({**PAIRS, "assignments": {**PAIRS["assignments"], **KEYS}}, SOURCE, COPY)
    urls = ["/courses/7~14/assignments/70000000000002", "/courses/1~14", "/courses/7~852/pages/home"]
    key = migration_key("assignments", "40", 7)
    html = "".join(f'<a href="{url}">x</a>' for url in [*urls, f"$CANVAS_OBJECT_REFERENCE$/assignments/{key}"])
    assert [short(link) for link in find(html, mapping=mapping)] == [
        ("points_to_source", "/courses/852/assignments/1339"),
        ("points_to_other_course", None),
        ("placeholder", "/courses/852/assignments/1340"),
    ]


@pytest.mark.parametrize("form", ["{0}", "2~{0}", "2000000000{0:04d}"])
def test_a_source_on_another_shard(form):
    """The records of such a course have global ids, and its mapping may name them in each form."""
    pairs = {name: {form.format(int(n)): copy for n, copy in ids.items()} for name, ids in PAIRS.items()}
    source_id = str(2 * SHARD + int(SOURCE))
    source = listings(SOURCE)
    for name, records in source.items():
        for record in records:
            for key in ("id", "page_id", "folder_id"):
                if key in record and name != "course":
                    record[key] += 2 * SHARD
    source["course"] = [{"id": int(source_id)}]
    mapping = AssetMap.parse(pairs, source_id, COPY)
    assert mapping.pairs["assignments"][f"{2 * SHARD + 2}"] == "1339"
    urls = ["/courses/2~14/assignments/2~2", f"/courses/{source_id}/pages/home", "/courses/14", "/files/2~1/download"]
    html = "".join(f'<a href="{url}">x</a>' for url in urls)
    found = find(html, source=source, mapping=mapping, source_course_ids=[source_id])
    assert [short(link) for link in found] == [
        ("points_to_source", "/courses/852/assignments/1339"),
        ("points_to_source", "/courses/852/pages/home"),
        ("points_to_other_course", None),
        ("points_to_source", "/files/1341/download"),
    ]
