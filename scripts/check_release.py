"""Check that a tag can be released.

The package has its version, the changelog has a dated section for it, and the page of the package index will have
authors, links to the documentation, and a description whose own links work.

    python scripts/check_release.py v0.1.0
    python scripts/check_release.py emulator-v0.1.0

The release workflow runs this before it builds a distribution. It needs only the standard library.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent

_TAG = re.compile(r"(?P<prefix>v|emulator-v)(?P<version>[0-9]+\.[0-9]+\.[0-9]+(?:(?:a|b|rc|\.post)[0-9]+)?)")
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_VERSION = re.compile(r"^__version__ = \"(?P<version>[^\"]+)\"$", re.MULTILINE)


class ReleaseError(Exception):
    """Raised if a tag cannot be released. The message tells the person who made the tag why."""


@dataclass(frozen=True)
class Distribution:
    """One distribution of this repository, and its files.

    :param name: Its name on PyPI.
    :param version_file: The module that sets ``__version__``, relative to the repository.
    :param changelog: Its changelog, relative to the repository.
    :param project: The file that describes it to the package index, relative to the repository.
    :param readme: What the page of the package index shows, relative to the repository.
    """

    name: str
    version_file: str
    changelog: str
    project: str
    readme: str


DISTRIBUTIONS = {
    "v": Distribution(
        "airflow-provider-canvas", "airflow_provider_canvas/__init__.py", "CHANGELOG.md", "pyproject.toml", "README.md"
    ),
    "emulator-v": Distribution(
        "canvas-emulator",
        "emulator/canvas_emulator/__init__.py",
        "emulator/CHANGELOG.md",
        "emulator/pyproject.toml",
        "emulator/README.md",
    ),
}
"""The distributions of this repository, by the prefix of their tags."""

URLS = ("Documentation", "Changelog", "Repository", "Issues")
"""The links that each distribution has. Airflow's page of providers links to ``Documentation``."""


@dataclass(frozen=True)
class Release:
    """A release that has passed all checks.

    :param distribution: What is released.
    :param version: Its version.
    :param released_on: The date in the changelog.
    """

    distribution: Distribution
    version: str
    released_on: date


def main(arguments: Sequence[str] | None = None, repository: Path = REPOSITORY) -> int:
    """Check the tag that the command line names, and return the exit code.

    :param arguments: The command line; by default that of the process.
    :param repository: The root of the repository.
    """
    parser = argparse.ArgumentParser(description="Check that a tag can be released.")
    parser.add_argument("tag", help="v<version> for the provider, emulator-v<version> for the emulator")
    tag = parser.parse_args(arguments).tag
    try:
        release = check_release(tag, repository)
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{release.distribution.name} {release.version}, dated {release.released_on}, can be released.")
    return 0


def check_release(tag: str, repository: Path = REPOSITORY) -> Release:
    """Return the release that a tag names.

    :param tag: ``v<version>`` for the provider, ``emulator-v<version>`` for the emulator.
    :param repository: The root of the repository.
    :raises ReleaseError: If the tag has another form, its version is not the package's, or the changelog has no dated
        section for it, or the page of the package index would lack something.
    """
    parts = _TAG.fullmatch(tag)
    if parts is None:
        raise ReleaseError(
            f"The tag {tag!r} is not valid: write v1.2.3 for the provider, emulator-v1.2.3 for the emulator."
        )
    distribution, version = DISTRIBUTIONS[parts["prefix"]], parts["version"]
    packaged = package_version(distribution, repository)
    if packaged != version:
        raise ReleaseError(f"The tag {tag} names version {version}, but {distribution.version_file} has {packaged}.")
    released_on = release_date(distribution, version, repository)
    check_page(distribution, repository)
    return Release(distribution, version, released_on)


def package_version(distribution: Distribution, repository: Path = REPOSITORY) -> str:
    """Return the version that a distribution's package has, without importing it.

    :param distribution: The distribution.
    :param repository: The root of the repository.
    :raises ReleaseError: If the version file does not exist or sets no version.
    """
    line = _VERSION.search(_read(repository, distribution.version_file))
    if line is None:
        raise ReleaseError(f'{distribution.version_file} has no line __version__ = "...".')
    return line["version"]


def release_date(distribution: Distribution, version: str, repository: Path = REPOSITORY) -> date:
    """Return the date that a distribution's changelog gives for a version.

    :param distribution: The distribution.
    :param version: The version.
    :param repository: The root of the repository.
    :raises ReleaseError: If the changelog does not exist or has no dated section for the version.
    """
    heading = re.compile(rf"^## {re.escape(version)} - (?P<date>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})[ \t]*$", re.MULTILINE)
    found = heading.search(_read(repository, distribution.changelog))
    if found is None:
        raise ReleaseError(f"{distribution.changelog} has no section with the heading: ## {version} - YYYY-MM-DD")
    try:
        return date.fromisoformat(found["date"])
    except ValueError:
        raise ReleaseError(
            f"{distribution.changelog} dates version {version} {found['date']}, which is not a date."
        ) from None


def check_page(distribution: Distribution, repository: Path = REPOSITORY) -> None:
    """Check what the package index will show of a distribution.

    :param distribution: The distribution.
    :param repository: The root of the repository.
    :raises ReleaseError: If authors or links are missing, or the description has a link that works only in a clone.
    """
    project = tomllib.loads(_read(repository, distribution.project)).get("project", {})
    if not project.get("authors"):
        raise ReleaseError(f"{distribution.project} names no authors.")
    urls = project.get("urls", {})
    if missing := [name for name in URLS if not str(urls.get(name, "")).startswith("https://")]:
        raise ReleaseError(
            f"{distribution.project} has no https:// address in [project.urls] for: {', '.join(missing)}"
        )
    targets = [found["target"] for found in _LINK.finditer(_read(repository, distribution.readme))]
    if relative := [target for target in targets if not target.startswith(("https://", "#"))]:
        raise ReleaseError(
            f"{distribution.readme} has links that do not work on the page of the package index; write whole "
            f"addresses: {', '.join(relative)}"
        )


def _read(repository: Path, path: str) -> str:
    try:
        return (repository / path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ReleaseError(f"{path} does not exist.") from None


if __name__ == "__main__":
    sys.exit(main())
