"""Each sdist contains what its own tests need."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from local_stack import REPOSITORY

FOLDERS = {
    "provider": (
        REPOSITORY,
        (
            "airflow_provider_canvas",
            "benchmarks",
            "dags_examples",
            "docs",
            "emulator",
            "requirements",
            "scripts",
            "tests",
        ),
    ),
    "emulator": (REPOSITORY / "emulator", ("canvas_emulator", "tests")),
}
FILES = {
    "provider": {"CHANGELOG.md", "LICENSE", "Makefile", "README.md"},
    "emulator": {"CHANGELOG.md", "LICENSE", "README.md"},
}


def source_files(project: Path, folder: str) -> set[str]:
    """Return the files of a folder that are not generated, relative to the project."""
    paths = [path for path in (project / folder).rglob("*") if path.is_file()]
    generated = {
        "__pycache__",
        ".pytest_cache",
        ".hypothesis",
        ".mypy_cache",
        ".ruff_cache",
        ".import_linter_cache",
        "dist",
    }
    return {str(path.relative_to(project)) for path in paths if not generated & set(path.parts)}


@pytest.mark.parametrize("distribution", FOLDERS)
def test_source_files(distribution: str) -> None:
    """The sdist contains the packages, the tests, and the scripts and requirements of ``make test``."""
    project, folders = FOLDERS[distribution]
    included = {file.distribution_path for file in SdistBuilder(str(project)).recurse_included_files()}
    assert included >= FILES[distribution]
    for folder in folders:
        files = source_files(project, folder)
        assert files
        assert files - included == set()


def test_build_files_of_the_emulator() -> None:
    """The provider's sdist contains the files from which ``make setup`` installs the emulator."""
    included = {file.distribution_path for file in SdistBuilder(str(REPOSITORY)).recurse_included_files()}
    assert {"emulator/pyproject.toml", "emulator/README.md", "emulator/LICENSE"} <= included


@pytest.mark.parametrize("distribution", FOLDERS)
def test_the_sdist_is_the_repository(distribution: str, tmp_path: Path) -> None:
    """A built sdist has each file of the repository and no other file, so that ``make`` works in it."""
    project = FOLDERS[distribution][0]
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    run = subprocess.run(listing, cwd=project, capture_output=True, text=True, check=False)
    if run.returncode:
        pytest.skip("this is not a clone: there is no list of its files")
    with tarfile.open(next(SdistBuilder(str(project)).build(directory=str(tmp_path)))) as archive:
        included = {member.name.partition("/")[2] for member in archive.getmembers()}
    files = {name for name in run.stdout.split("\0") if name and (project / name).is_file()}
    assert included - files <= {"PKG-INFO", ".gitignore"}
    assert files - included == set()
