"""Each sdist contains what its own tests need."""

from __future__ import annotations

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
