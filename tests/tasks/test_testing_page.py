"""The recipes of the documentation page about testing tasks run as they are printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
PLUGIN, *RECIPES = re.findall(r"```python\n(.*?)\n```", TEXT, re.DOTALL)

pytest_plugins = ["pytester"]


def test_recipes(pytester: pytest.Pytester) -> None:
    """The test on the emulator and both tests with requests-mock pass."""
    pytester.makeconftest(PLUGIN)
    pytester.makepyfile(test_emulator=RECIPES[0], test_requests_mock=RECIPES[1])
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-q", f"--rootdir={pytester.path}")
    result.assert_outcomes(passed=3)
