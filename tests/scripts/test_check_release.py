"""The release check accepts a tag only if the package's version and the changelog agree with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import check_release
import pytest

VERSION_FILES = ("airflow_provider_canvas/__init__.py", "emulator/canvas_emulator/__init__.py")
CHANGELOGS = ("CHANGELOG.md", "emulator/CHANGELOG.md")
PROJECTS = ("pyproject.toml", "emulator/pyproject.toml")
READMES = ("README.md", "emulator/README.md")

PROJECT = """\
[project]
authors = [{ name = "An Author" }]

[project.urls]
Documentation = "https://docs.example.edu/"
Changelog = "https://docs.example.edu/changelog.html"
Repository = "https://git.example.edu/"
Issues = "https://git.example.edu/issues"
"""

CHANGELOG = """\
# Changelog

## Unreleased

## 1.2.0 - 2027-02-28

### Added

- Something.

## 1.1.0 - 2026-08-01
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository in which both distributions have version 1.2.0, dated 28 February 2027."""
    for path in VERSION_FILES:
        write(tmp_path / path, '"""A package."""\n\n__version__ = "1.2.0"\n')
    for path in CHANGELOGS:
        write(tmp_path / path, CHANGELOG)
    for path in PROJECTS:
        write(tmp_path / path, PROJECT)
    for path in READMES:
        write(tmp_path / path, "# A package\n\n[Start](https://docs.example.edu/start.html), [below](#use)\n")
    return tmp_path


def write(path: Path, text: str) -> None:
    """Write a file of the repository."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("tag", "name"), [("v1.2.0", "airflow-provider-canvas"), ("emulator-v1.2.0", "canvas-emulator")]
)
def test_accepts_a_tag_that_matches(repository: Path, tag: str, name: str) -> None:
    """A tag that matches is accepted, and its prefix selects the distribution."""
    release = check_release.check_release(tag, repository)
    assert (release.distribution.name, release.version, release.released_on) == (name, "1.2.0", date(2027, 2, 28))


@pytest.mark.parametrize("version", ["1.2.0", "10.20.30", "1.2.0a1", "1.2.0b2", "1.2.0rc3", "1.2.0.post1"])
def test_accepts_final_pre_and_post_releases(repository: Path, version: str) -> None:
    """A version has three numbers, and may end as a pre-release or a post-release."""
    write(repository / VERSION_FILES[0], f'__version__ = "{version}"\n')
    write(repository / CHANGELOGS[0], f"## {version} - 2027-02-28\n")
    assert check_release.check_release(f"v{version}", repository).version == version


@pytest.mark.parametrize(
    "tag", ["", "v", "1.2.0", "v1.2", "v1.2.0-rc1", "v1.2.0+local", "emulator-1.2.0", "provider-v1.2.0", "v1.2.0\n"]
)
def test_rejects_other_tags(repository: Path, tag: str) -> None:
    """The error for another tag shows the two valid forms."""
    with pytest.raises(check_release.ReleaseError, match=r"write v1\.2\.3 .* emulator-v1\.2\.3"):
        check_release.check_release(tag, repository)


@dataclass(frozen=True)
class Mismatch:
    """A file of the repository that does not agree with the tag.

    :param tag: The tag.
    :param path: The file that is changed before the check.
    :param text: Its text; ``None`` if it does not exist.
    :param message: The expected error.
    """

    tag: str
    path: str
    text: str | None
    message: str


MISMATCHES = {
    "provider: other version": Mismatch(
        "v1.2.0",
        "airflow_provider_canvas/__init__.py",
        '__version__ = "1.3.0"\n',
        "The tag v1.2.0 names version 1.2.0, but airflow_provider_canvas/__init__.py has 1.3.0.",
    ),
    "emulator: other version": Mismatch(
        "emulator-v1.2.0",
        "emulator/canvas_emulator/__init__.py",
        '__version__ = "1.2.0rc1"\n',
        "The tag emulator-v1.2.0 names version 1.2.0, but emulator/canvas_emulator/__init__.py has 1.2.0rc1.",
    ),
    "no version": Mismatch(
        "v1.2.0",
        "airflow_provider_canvas/__init__.py",
        '# __version__ = "1.2.0"\n',
        'airflow_provider_canvas/__init__.py has no line __version__ = "...".',
    ),
    "no version file": Mismatch(
        "emulator-v1.2.0",
        "emulator/canvas_emulator/__init__.py",
        None,
        "emulator/canvas_emulator/__init__.py does not exist.",
    ),
    "no changelog": Mismatch("emulator-v1.2.0", "emulator/CHANGELOG.md", None, "emulator/CHANGELOG.md does not exist."),
    "not in the changelog": Mismatch(
        "v1.2.0",
        "CHANGELOG.md",
        "## Unreleased\n\n## 1.1.0 - 2026-08-01\n",
        "CHANGELOG.md has no section with the heading: ## 1.2.0 - YYYY-MM-DD",
    ),
    "without a date": Mismatch(
        "v1.2.0",
        "CHANGELOG.md",
        "## 1.2.0\n",
        "CHANGELOG.md has no section with the heading: ## 1.2.0 - YYYY-MM-DD",
    ),
    "date in another form": Mismatch(
        "v1.2.0",
        "CHANGELOG.md",
        "## 1.2.0 - 28.02.2027\n",
        "CHANGELOG.md has no section with the heading: ## 1.2.0 - YYYY-MM-DD",
    ),
    "longer version": Mismatch(
        "v1.2.0",
        "CHANGELOG.md",
        "## 1.2.0rc1 - 2027-02-01\n## 11.2.0 - 2027-02-01\n## 1a2b0 - 2027-02-01\n",
        "CHANGELOG.md has no section with the heading: ## 1.2.0 - YYYY-MM-DD",
    ),
    "heading of another level": Mismatch(
        "v1.2.0",
        "CHANGELOG.md",
        "### 1.2.0 - 2027-02-28\n",
        "CHANGELOG.md has no section with the heading: ## 1.2.0 - YYYY-MM-DD",
    ),
    "date that does not exist": Mismatch(
        "emulator-v1.2.0",
        "emulator/CHANGELOG.md",
        "## 1.2.0 - 2027-02-29\n",
        "emulator/CHANGELOG.md dates version 1.2.0 2027-02-29, which is not a date.",
    ),
}


@pytest.mark.parametrize("case", MISMATCHES.values(), ids=MISMATCHES)
def test_rejects_a_repository_that_does_not_match(repository: Path, case: Mismatch) -> None:
    """The error names the file that does not match the tag."""
    if case.text is None:
        (repository / case.path).unlink()
    else:
        write(repository / case.path, case.text)
    with pytest.raises(check_release.ReleaseError) as raised:
        check_release.check_release(case.tag, repository)
    assert str(raised.value) == case.message


def test_command_accepts(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For a valid tag, the command prints one sentence and exits with 0."""
    assert check_release.main(["v1.2.0"], repository) == 0
    assert capsys.readouterr() == ("airflow-provider-canvas 1.2.0, dated 2027-02-28, can be released.\n", "")


def test_command_rejects(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For an invalid tag, the command prints the error to standard error and exits with 1."""
    assert check_release.main(["v1.1.0"], repository) == 1
    message = "The tag v1.1.0 names version 1.1.0, but airflow_provider_canvas/__init__.py has 1.2.0.\n"
    assert capsys.readouterr() == ("", message)


@pytest.mark.parametrize("distribution", check_release.DISTRIBUTIONS.values(), ids=lambda value: value.name)
def test_this_repository(distribution: check_release.Distribution) -> None:
    """The check reads the version and the changelog of each distribution of this repository."""
    assert check_release.package_version(distribution)
    assert (check_release.REPOSITORY / distribution.changelog).is_file()


@pytest.mark.parametrize("folder", ["", "emulator/"])
@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("pyproject.toml", 'authors = [{ name = "An Author" }]', "", "names no authors"),
        ("pyproject.toml", "Documentation", "Docs", "[project.urls] for: Documentation"),
        ("pyproject.toml", "Issues =", "Bugs =", "[project.urls] for: Issues"),
        ("pyproject.toml", "https://docs.example.edu/changelog.html", "CHANGELOG.md", "[project.urls] for: Changelog"),
        ("README.md", "https://docs.example.edu/start.html", "docs/start.md", "write whole addresses: docs/start.md"),
        ("README.md", "[Start](https://docs.example.edu/", "![Start](docs/", "write whole addresses: docs/start.html"),
    ],
)
def test_refuses_a_page_that_lacks_something(  # noqa: PLR0917  a table of changes
    repository: Path, folder: str, file: str, old: str, new: str, message: str
) -> None:
    """A distribution without authors or links, or with a link that works only in a clone, is not released."""
    path = repository / f"{folder}{file}"
    text = path.read_text(encoding="utf-8")
    assert old in text
    write(path, text.replace(old, new))
    with pytest.raises(check_release.ReleaseError) as raised:
        check_release.check_release("emulator-v1.2.0" if folder else "v1.2.0", repository)
    assert f"{folder}{file}" in str(raised.value)
    assert message in str(raised.value)


@pytest.mark.parametrize("distribution", check_release.DISTRIBUTIONS.values(), ids=lambda each: each.name)
def test_the_pages_of_this_repository_are_complete(distribution: check_release.Distribution) -> None:
    """Both distributions have what their page of the package index shows."""
    check_release.check_page(distribution)
