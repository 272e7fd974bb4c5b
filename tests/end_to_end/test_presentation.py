"""Notebooks for readers read releases and nothing else: by their sources, and while they run."""

import os

import pytest

import mothers_margins as mm
from mothers_margins import places
from tests.presentation import allowed, code_of, faults, notebooks_for_readers, run_guarded
from tests.release.small_release import record

CLEAN = [
    'import mothers_margins as mm\n\nstudy = mm.read_study("hscc_2019")\n'
    "released = mm.read_release(study)",
    'mm.characteristics(released, "table_1")',
    'mm.themes(released.results("table_2"))',
]
READS_FILE = "import pandas\n\npandas.read_csv({path!r})"
PLANTED = {
    "by pandas": READS_FILE,
    "by open": "open({path!r}).read()",
    "by a folder": "from pathlib import Path\n\nlist(Path({path!r}).parent.iterdir())",
    "by our own reader": (
        "from pathlib import Path\nfrom mothers_margins.release.run_folder import read_run\n\n"
        "read_run(Path({path!r}).parent)"
    ),
}
ROWS = [
    "mm.demo_cohort('esmi')",
    "mm.read_cohort(path, study)",
    "mm.open_cohort(study)",
    "mm.summarise(cohort)",
    "mm.joint_counts(cohort)",
    "mm.preview_release(study)",
    "mm.save(results, 'x')",
    "released._results",
    "getattr(mm, 'save')",
    "!cat x",
]


@pytest.fixture
def out(table_1, study, tmp_path):
    """A run's folder with a release, and internal results that hold one more table."""
    folder = tmp_path / "out"
    results = {
        "table_1": table_1,
        "table_1_check": mm.check_published(table_1),
        "table_2": mm.list_themes(study),
    }
    for name, one in results.items():
        mm.save(one, name)
    record(folder, "hscc_2019", "x")
    mm.write_release(study)
    return folder


def test_those_of_the_project_read_releases_only():
    for path in notebooks_for_readers():
        assert not faults(code_of(path)), path.name


def test_a_notebook_that_reads_a_release_passes(out):
    assert not faults(CLEAN)
    environment = os.environ | {places.OUT: str(out)}
    assert run_guarded(CLEAN, out, environment) == ""


@pytest.mark.parametrize("planted", sorted(PLANTED))
def test_a_planted_read_of_internal_results_is_found(out, planted):
    path = str(out / "internal" / "hscc_2019" / "table_1.csv")
    cells = [*CLEAN, PLANTED[planted].format(path=path)]
    assert faults(cells)
    environment = os.environ | {places.OUT: str(out)}
    assert "a notebook for readers reads internal/" in run_guarded(cells, out, environment)
    # it is the guard that stops it: elsewhere the same cells run
    assert run_guarded(cells, out / "elsewhere", environment) == ""


@pytest.mark.parametrize("source", ROWS)
def test_rows_and_internal_results_are_not_asked_for(source):
    assert faults([source])


def test_what_readers_may_use_sees_no_participant():
    assert {"characteristics", "odds_ratios", "forest", "read_release", "read_study"} <= allowed()
    assert not {"demo_cohort", "summarise", "save", "write_release", "preview_release"} & allowed()
