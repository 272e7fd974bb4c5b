"""Fixtures of the tests of the door's mathematics."""

import pytest


@pytest.fixture
def any_base_has_per_cent(monkeypatch):
    """Per cent of groups however small, so that tables can be written down."""
    monkeypatch.setattr("mothers_margins.disclosure.printed.PERCENT_FROM", 0)
