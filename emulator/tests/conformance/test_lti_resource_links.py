"""LTI resource links: their routes, and what a copy does with them."""

from __future__ import annotations

from typing import Any

import pytest

from canvas_emulator.effects.resource_links import add_resource_link
from canvas_emulator.model.content import Assignment, ExternalTool, LtiResourceLink, Module, ModuleItem
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, READER, SOURCE, WRITER
from tests.support.caller import Caller
from tests.support.people import CallAs

pytestmark = pytest.mark.edition("current")

PATH = f"courses/{SOURCE}/lti_resource_links"
LAUNCH = "https://tool.example/launch"
SEEN = {
    "id",
    "context_id",
    "context_type",
    "context_external_tool_id",
    "resource_type",
    "canvas_launch_url",
    "resource_link_uuid",
    "lookup_uuid",
    "title",
    "url",
    "lti_1_1_id",
    "created_at",
    "updated_at",
    "workflow_state",
    "root_account_id",
    "custom",
}


@pytest.fixture
def links(world: World) -> dict[str, LtiResourceLink]:
    """Add a tool to the source, and a link in content, in a module and of an assignment."""
    tool = world.add(ExternalTool(course_id=SOURCE, title="Tool", url=LAUNCH, domain="tool.example"))
    essay = world.add(Assignment(course_id=SOURCE, title="Essay", external_tool_url=LAUNCH, external_tool_id=tool.id))
    module = world.add(Module(course_id=SOURCE, title="Week 1"))

    def link(title: str, **values: Any) -> LtiResourceLink:
        row = LtiResourceLink(course_id=SOURCE, title=title, url=f"{LAUNCH}?x={title}", custom={"a": title}, **values)
        row.external_tool_id = tool.id
        return add_resource_link(world, row)

    rows = {"content": link("content"), "item": link("item"), "assignment": link("assignment", assignment_id=essay.id)}
    world.add(
        ModuleItem(
            course_id=SOURCE,
            title="Tool",
            module_id=module.id,
            type="ExternalTool",
            content_id=tool.id,
            external_url=LAUNCH,
            resource_link_id=rows["item"].id,
        )
    )
    return rows


def error(response: Any) -> tuple[int, str]:
    """Return the status of a refused request, and the code of its error."""
    return response.status_code, response.json()["errors"][0]["code"]


def test_each_link_has_a_computed_type(canvas: Caller, links: dict[str, LtiResourceLink]) -> None:
    """A link belongs to an assignment, a module item or rich content, and its launch URL says which."""
    rows = {row["title"]: row for row in canvas.get(PATH)}
    assert {title: row["resource_type"] for title, row in rows.items()} == {
        "content": "rich_content",
        "item": "module_item",
        "assignment": "assignment",
    }
    assert set(rows["content"]) == set(rows["assignment"]) == SEEN
    assert set(rows["item"]) == SEEN | {"associated_content_type", "associated_content_id"}
    launch = f"/courses/{SOURCE}/external_tools/retrieve?resource_link_lookup_uuid={links['content'].lookup_uuid}"
    assert rows["content"]["canvas_launch_url"].endswith(launch)
    assert rows["assignment"]["context_type"] == "Assignment"


def test_a_link_is_found_by_three_keys(canvas: Caller, links: dict[str, LtiResourceLink]) -> None:
    """An id, a lookup key and a resource link key find a link; nothing else does."""
    row = links["content"]
    for key in (row.id, f"lookup_uuid:{row.lookup_uuid}", f"resource_link_uuid:{row.resource_link_uuid}"):
        assert canvas.get(f"{PATH}/{key}")["id"] == row.id
    for key in (999, row.lookup_uuid, "lookup_uuid:no"):
        assert canvas("GET", f"{PATH}/{key}").status_code == 404


def test_pages_have_bookmarks_and_fifty_links(canvas: Caller, world: World, links: dict[str, LtiResourceLink]) -> None:
    """A page has 50 links by default, and a bookmark names the next one; no link leads to a last page before it."""
    for number in range(60):
        tool_id = links["item"].external_tool_id
        add_resource_link(world, LtiResourceLink(course_id=SOURCE, title=str(number), external_tool_id=tool_id))
    first = canvas("GET", PATH)
    assert len(first.json()) == 50
    assert "page=bookmark:" in first.links["next"]["url"]
    assert "last" not in first.links
    second = canvas("GET", first.links["next"]["url"])
    assert len(second.json()) == 13
    assert len(canvas.get(PATH, per_page=100)) == 63


def test_include_deleted_counts_by_its_presence(canvas: Caller, links: dict[str, LtiResourceLink]) -> None:
    """A deleted link shows with ``include_deleted``, even if it says false."""
    path = f"{PATH}/{links['content'].id}"
    assert canvas("DELETE", path).json()["workflow_state"] == "deleted"
    assert len(canvas.get(PATH)) == 2
    assert len(canvas.get(PATH, include_deleted="false")) == 3
    assert canvas("GET", path).status_code == 404
    assert canvas.get(path, include_deleted="false")["workflow_state"] == "deleted"


def test_only_links_of_content_can_be_deleted(canvas: Caller, links: dict[str, LtiResourceLink]) -> None:
    """A link of an assignment or of a module item is refused."""
    for name in ("item", "assignment"):
        assert error(canvas("DELETE", f"{PATH}/{links[name].id}")) == (422, "invalid_resource_link")


def test_update_replaces_the_url_and_all_parameters(canvas: Caller, links: dict[str, LtiResourceLink]) -> None:
    """A PUT changes the URL and replaces all parameters; the title and the lookup key stay."""
    row = links["assignment"]
    body = {"url": f"{LAUNCH}?y=2", "custom": {"b": "2"}, "title": "Other", "lookup_uuid": "other"}
    changed = canvas("PUT", f"{PATH}/{row.id}", json=body).json()
    assert (changed["url"], changed["custom"]) == (f"{LAUNCH}?y=2", {"b": "2"})
    assert (changed["title"], changed["lookup_uuid"]) == ("assignment", row.lookup_uuid)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "no url"}, "invalid_url"),
        ({"url": "https://elsewhere.example/launch"}, "invalid_url"),
        ({"custom": {"a": 1}}, "invalid_custom"),
        ({"custom": "a=1"}, "invalid_custom"),
        ({"context_external_tool_id": 999}, "context_external_tool_id"),
    ],
)
def test_invalid_updates_are_refused(
    canvas: Caller, links: dict[str, LtiResourceLink], body: dict[str, Any], code: str
) -> None:
    """A wrong URL, parameters that are no texts and an unknown tool are refused, and change nothing."""
    path = f"{PATH}/{links['item'].id}"
    before = canvas.get(path)
    assert error(canvas("PUT", path, json=body)) == (422, code)
    assert canvas.get(path) == before


def test_a_url_must_be_of_the_tool(canvas: Caller, world: World, links: dict[str, LtiResourceLink]) -> None:
    """A URL at another host than that of the tool that is named is refused."""
    other = world.add(ExternalTool(course_id=SOURCE, title="Other", url="https://other.example/launch"))
    body = {"context_external_tool_id": other.id, "url": LAUNCH}
    assert error(canvas("PUT", f"{PATH}/{links['item'].id}", json=body)) == (422, "url_tool_mismatch")


def test_links_are_created_all_or_none(canvas: Caller, links: dict[str, LtiResourceLink]) -> None:
    """POST makes a link of rich content; a bulk POST with one wrong link makes none."""
    made = canvas("POST", PATH, json={"url": LAUNCH, "title": "New", "custom": {"c": "3"}}).json()
    assert (made["resource_type"], made["title"], made["custom"]) == ("rich_content", "New", {"c": "3"})
    assert error(canvas("POST", PATH, json={"title": "New"})) == (422, "invalid_url")
    response = canvas("POST", f"{PATH}/bulk", json=[{"url": LAUNCH}, {"url": "no"}])
    assert response.status_code == 422
    assert [each["error"] for each in response.json()["errors"]] == ["invalid_url"]
    assert len(canvas.get(PATH)) == 4
    assert len(canvas("POST", f"{PATH}/bulk", json=[{"url": LAUNCH}, {"url": LAUNCH}]).json()) == 2
    assert error(canvas("POST", f"{PATH}/bulk", json=[])) == (422, "invalid_request")


def test_rights(call_as: CallAs, links: dict[str, LtiResourceLink]) -> None:
    """Who may only read a course sees no links, and who may not write to it changes none."""
    assert call_as(READER)("GET", f"courses/{DESTINATION}/lti_resource_links").status_code == 403
    assert call_as(WRITER)("GET", f"courses/{DESTINATION}/lti_resource_links").status_code == 200
    assert call_as(WRITER)("PUT", f"{PATH}/{links['item'].id}", json={"url": LAUNCH}).status_code == 403


@pytest.mark.edition("2023-06")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_june_2023_has_no_such_routes(canvas: Caller, method: str) -> None:
    """A Canvas of June 2023 responds with a page of HTML."""
    response = canvas(method, PATH)
    assert (response.status_code, response.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_a_copy_keeps_the_lookup_keys(canvas: Caller, links: dict[str, LtiResourceLink]) -> None:
    """Each link is copied with its lookup key, URL and parameters; the key that the tool sees is another one."""
    canvas.copied()
    copies = {row["title"]: row for row in canvas.get(f"courses/{DESTINATION}/lti_resource_links")}
    assert set(copies) == set(links)
    for title, row in links.items():
        copy = copies[title]
        assert (copy["lookup_uuid"], copy["url"], copy["custom"]) == (row.lookup_uuid, row.url, row.custom)
        assert copy["resource_link_uuid"] != row.resource_link_uuid
        assert copy["context_external_tool_id"] != row.external_tool_id
    assert {title: row["resource_type"] for title, row in copies.items()} == {
        "content": "rich_content",
        "item": "module_item",
        "assignment": "assignment",
    }


def test_a_second_copy_keeps_the_url_and_undoes_the_parameters(
    canvas: Caller, links: dict[str, LtiResourceLink]
) -> None:
    """What was repaired in a copy: a URL stays, parameters are those of the source again, and nothing is doubled."""
    canvas.copied()
    path = f"courses/{DESTINATION}/lti_resource_links"
    row = next(row for row in canvas.get(path) if row["title"] == "item")
    canvas("PUT", f"{path}/{row['id']}", json={"url": f"{LAUNCH}?repaired=1", "custom": {"a": "repaired"}})
    canvas.copied()
    second = canvas.get(f"{path}/{row['id']}")
    assert (second["url"], second["custom"]) == (f"{LAUNCH}?repaired=1", {"a": "item"})
    assert len(canvas.get(path)) == 3


def test_links_without_a_tool_are_lost(canvas: Caller, world: World, links: dict[str, LtiResourceLink]) -> None:
    """A link that no tool of the source launches is lost without an issue."""
    links["content"].url = "https://gone.example/launch"
    migration = canvas.copied()
    titles = {row["title"] for row in canvas.get(f"courses/{DESTINATION}/lti_resource_links")}
    assert titles == {"item", "assignment"}
    assert not canvas.issues(migration)


def test_a_selective_copy_brings_all_links_of_the_course(canvas: Caller, links: dict[str, LtiResourceLink]) -> None:
    """Links of assignments that were not selected do not come, those of the course itself do."""
    tool_id = links["item"].external_tool_id
    canvas.copied(select={"external_tools": [tool_id]})
    titles = {row["title"] for row in canvas.get(f"courses/{DESTINATION}/lti_resource_links")}
    assert titles == {"content", "item"}
