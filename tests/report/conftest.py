"""The small report, for tests that change it."""

import pytest

from tests.report.small_report import Small


@pytest.fixture
def small(tmp_path, monkeypatch) -> Small:
    return Small(tmp_path, monkeypatch)
