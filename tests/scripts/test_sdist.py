"""Each sdist contains what its own tests need."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from local_stack import REPOSITORY

PROJECTS = {"provider": REPOSITORY, "emulator": REPOSITORY / "emulator"}


def test_build_files_of_the_emulator() -> None:
    """The provider's sdist contains the files from which ``make setup`` installs the emulator."""
    included = {file.distribution_path for file in SdistBuilder(str(REPOSITORY)).recurse_included_files()}
    assert {"emulator/pyproject.toml", "emulator/README.md", "emulator/LICENSE"} <= included


@pytest.mark.parametrize("distribution", PROJECTS)
def test_the_sdist_is_the_repository(distribution: str, tmp_path: Path) -> None:
    """A built sdist has each file of the repository and no other file, so that ``make`` works in it."""
    project = PROJECTS[distribution]
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    run = subprocess.run(listing, cwd=project, capture_output=True, text=True, check=False)
    if run.returncode:
        pytest.skip("this is not a clone: there is no list of its files")
    with tarfile.open(next(SdistBuilder(str(project)).build(directory=str(tmp_path)))) as archive:
        included = {member.name.partition("/")[2] for member in archive.getmembers()}
    files = {name for name in run.stdout.split("\0") if name and (project / name).is_file()}
    assert included - files <= {"PKG-INFO", ".gitignore"}
    assert files - included == set()
