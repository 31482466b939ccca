"""The examples of the documentation page about the emulator run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")
PLUGIN, *TESTS = re.findall(r"```python\n(.*?)\n```", TEXT, re.DOTALL)

pytest_plugins = ["pytester"]


def test_examples(pytester: pytest.Pytester) -> None:
    """Both tests on the page pass as they are written."""
    assert len(TESTS) == 2
    pytester.makeconftest(PLUGIN)
    pytester.makepyfile(**{f"test_{number}": test for number, test in enumerate(TESTS)})
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-q", f"--rootdir={pytester.path}")
    result.assert_outcomes(passed=2)
