"""Notebooks 00, 01, 03, 04, 05 and 06 on studies that have only some of what a study can have."""

import pytest

from mothers_margins import places
from tests.small_studies import STUDIES, shown_by, write_study

GENERIC = (
    "00_study_at_a_glance",
    "01_data_check_and_flow",
    "03_descriptives_and_comparisons",
    "04_missing_data",
    "05_regression",
    "06_exploratory",
)


@pytest.fixture(params=STUDIES)
def small(request, tmp_path, monkeypatch) -> str:
    """The name of one of the studies, which is the only one of a project."""
    write_study(tmp_path, request.param)
    monkeypatch.setattr(places, "project", lambda: tmp_path)
    return request.param


@pytest.mark.parametrize("notebook", GENERIC)
def test_it_runs_on_any_study(small, notebook):
    shown = shown_by(notebook, study_name="small")
    assert len(shown) > 8
