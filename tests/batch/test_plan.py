"""The plan of a run: everything that can be refused is refused before a kernel starts."""

import json
import re

import pytest

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.batch.plan import (
    declared_parameters,
    plan,
    read_run_list,
)

RUN_LIST = """
entries:
  - {name: 01_data, notebook: data, study: hscc_2019}
  - {name: 02_table, notebook: table, study: hscc_2019, parameters: {times: 2}, needs: [01_data]}
  - {name: 03_other, notebook: table, study: esmi}
"""
PARAMETERS = 'times: int = 1\nshare: float = 0.5\nname: str = "x"\nfull: bool = False  # help'


def notebook(*sources: str) -> str:
    """A notebook of code cells as JSON; the first is its parameters cell."""
    cells = [
        {
            "cell_type": "code",
            "metadata": {"tags": ["parameters"]} if i == 0 else {},
            "source": source,
        }
        for i, source in enumerate(sources)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def entries(tmp_path, monkeypatch):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "run_list.yaml").write_text(RUN_LIST, encoding="utf-8")
    (folder / "data.ipynb").write_text(notebook('name: str = "x"'), encoding="utf-8")
    (folder / "table.ipynb").write_text(notebook(PARAMETERS), encoding="utf-8")
    monkeypatch.setattr(places, "project", lambda: tmp_path)
    return read_run_list()


def test_an_entry_brings_what_it_needs_and_comes_after_it(entries):
    assert list(plan(entries, ["02"])) == ["01_data", "02_table"]
    assert list(plan(entries, ["03_other", "01"])) == ["01_data", "03_other"]
    assert list(plan(entries, study="hscc_2019")) == ["01_data", "02_table"]


def test_parameters_come_from_the_notebook_then_the_list_then_the_command(entries):
    step = plan(entries, ["02"], ["02.share=0.25", "02_table.full=TRUE", "01.name=no"])
    assert step["02_table"].parameters == {"times": 2, "share": 0.25, "name": "x", "full": True}
    assert step["01_data"].parameters == {"name": "no"}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("02.tims=3", "-p 02.tims: 02_table has no parameter 'tims'; did you mean 'times'?"),
        ("02.times=three", "-p 02.times: must be a whole number"),
        ("02.times=2.0", "-p 02.times: must be a whole number"),
        ("02.times=007", "-p 02.times: must be a whole number"),
        ("02.times=1_000", "-p 02.times: must be a whole number"),
        ("02.full=yes", "-p 02.full: must be true or false"),
        ("02.share=half", "-p 02.share: must be a number"),
        ("02.share=nan", "-p 02.share: must be a number"),
        ("02.share=1_0.5", "-p 02.share: must be a number"),
        ("04.times=1", "no entry '04'"),
        ("0.times=1", "-p 0.times: 01_data has no parameter 'times'"),
        ("03.times=1", "-p 03.times: 03_other is not part of this run"),
        ("times=1", "-p 'times=1' is not of the form NAME.KEY=VALUE"),
        ("02.times", "-p '02.times' is not of the form NAME.KEY=VALUE"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(entries, setting, said):
    with pytest.raises(mm.UsageError, match="no notebook was run") as raised:
        plan(entries, ["02"], [setting])
    assert said in raised.value.problems
    assert raised.value.exit_code == 2


def test_a_setting_of_a_number_is_of_every_entry_that_begins_with_it(entries):
    steps = plan(entries, ["02", "03"], ["03.times=4", "02.times=3"])
    assert (steps["02_table"].parameters["times"], steps["03_other"].parameters["times"]) == (3, 4)


def test_both_timepoints_take_the_number_of_imputations_at_once():
    every = plan(read_run_list(), ["05"], ["05.m=3"])
    assert {every[name].parameters["m"] for name in ("05_regression_t1", "05_regression_t2")} == {3}
    assert every["04_missing_data_t1"].parameters["m"] == 0


def test_a_number_runs_every_entry_that_begins_with_it():
    entries = read_run_list()
    assert {*plan(entries, ["05"])} >= {"05_regression_t1", "05_regression_t2"}
    assert list(plan(entries, ["07"], study="hscc_2019"))[-1] == "07_release_hscc_2019"
    with pytest.raises(mm.UsageError) as raised:
        plan(entries, ["5"])
    assert "no entry '5'" in raised.value.problems


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (
            "03_descriptives_t1.timepoint=3",
            "03_descriptives_t1.timepoint: study esmi has no timepoint '3'. Allowed: 1, 2.",
        ),
        (
            "06_exploratory_cpp_t1.outcome=cpp_t3",
            "06_exploratory_cpp_t1.outcome: study esmi has no outcome 'cpp_t3'; did you mean",
        ),
        (
            "05_regression_t1.model=protocl",
            "05_regression_t1.model: study esmi has no model 'protocl'; did you mean 'protocol'?",
        ),
    ],
)
def test_what_a_study_does_not_have_is_refused_before_a_kernel_starts(setting, said):
    with pytest.raises(mm.UsageError, match="no notebook was run") as raised:
        plan(read_run_list(), [setting.partition(".")[0]], [setting])
    assert len(raised.value.problems) == 1
    assert raised.value.problems[0].startswith(said)


def test_what_a_study_has_is_planned():
    name = "06_exploratory_cpp_t1"
    step = plan(read_run_list(), [name], [f"{name}.outcome=custody_lost", f"{name}.model="])[name]
    assert step.parameters["outcome"] == "custody_lost"


def test_all_faults_of_a_command_are_listed_at_once(entries):
    with pytest.raises(mm.UsageError) as raised:
        plan(entries, ["02", "tabel"], ["02.tims=3", "02.full=yes"])
    assert len(raised.value.problems) == 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("needs: [01_data]", "needs: [01_dat]", "02_table needs '01_dat', which is no entry"),
        ("notebook: data", "notebook: dta", "01_data: there is no notebook dta.ipynb"),
        ("name: 03_other", "name: 02_table", "an entry's name stands more than once"),
        (
            "{name: 01_data,",
            "{name: 01_data, needs: [02_table],",
            "these entries need each other: ",
        ),
        ("needs: [01_data]", "need: [01_data]", "did you mean 'needs'?"),
    ],
)
def test_a_broken_run_list_is_refused(entries, tmp_path, old, new, said):
    path = tmp_path / "notebooks" / "run_list.yaml"
    path.write_text(RUN_LIST.replace(old, new), encoding="utf-8")
    with pytest.raises(mm.UsageError, match=re.escape(said)):
        read_run_list()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("times: 2", 'times: "2"', "run list: 02_table.times must be a whole number"),
        ("times: 2", "times: true", "run list: 02_table.times must be a whole number"),
        (
            "times: 2",
            "time: 2",
            "run list: 02_table has no parameter 'time'; did you mean 'times'?",
        ),
    ],
)
def test_the_run_lists_own_parameters_are_checked(entries, tmp_path, old, new, said):
    (tmp_path / "notebooks" / "run_list.yaml").write_text(
        RUN_LIST.replace(old, new), encoding="utf-8"
    )
    with pytest.raises(mm.UsageError) as raised:
        plan(read_run_list())
    assert said in raised.value.problems


@pytest.mark.parametrize(
    "line",
    [
        "times = 1",
        "times: int = 1 + 1",
        "times: int = '1'",
        "times: list = [1]",
        "times: int",
        "import this",
        "f()",
    ],
)
def test_a_parameters_cell_holds_typed_literals_only(line):
    with pytest.raises(mm.UsageError, match="line 2 of its parameters cell"):
        declared_parameters(json.loads(notebook(f"name: str = 'x'\n{line}")), "n.ipynb")


@pytest.mark.parametrize("line", ["x: str = (", "%matplotlib inline"])
def test_a_parameters_cell_is_python(line):
    with pytest.raises(mm.UsageError, match=r"line 2 of its parameters cell is not Python"):
        declared_parameters(json.loads(notebook(f"name: str = 'x'\n{line}")), "n.ipynb")


def test_a_notebook_has_one_parameters_cell():
    untagged = {"cells": [{"cell_type": "code", "metadata": {}, "source": "x = 1"}]}
    with pytest.raises(mm.UsageError, match="exactly one cell tagged 'parameters'; it has 0"):
        declared_parameters(untagged, "n.ipynb")


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"cells": [1]}', '{"cells": [{"cell_type": "code"}]}']
)
def test_a_file_that_is_no_notebook_is_refused(entries, tmp_path, text):
    (tmp_path / "notebooks" / "data.ipynb").write_text(text, encoding="utf-8")
    with pytest.raises(mm.UsageError, match=r"data\.ipynb is not a notebook"):
        plan(entries, ["01"])


def test_an_unknown_study_is_refused(entries):
    with pytest.raises(mm.UsageError, match="no study 'hscc'"):
        plan(entries, study="hscc")
