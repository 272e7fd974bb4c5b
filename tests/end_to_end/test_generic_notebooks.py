"""Notebooks 00, 01, 03, 04, 05 and 06 on studies that have only some of what a study can have."""

import re

import papermill
import pytest

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.study.study import Study
from tests.small_studies import (
    STUDIES,
    WITH_OUTCOMES,
    code_cells,
    prose_cells,
    shown_by,
    write_study,
)

GENERIC = (
    "00_study_at_a_glance",
    "01_data_check_and_flow",
    "03_descriptives_and_comparisons",
    "04_missing_data",
    "05_regression",
    "06_exploratory",
)
# What each study lacks, as its notebook says it.
SAID = [
    ("twenty lines", "00", "This study declares none: instruments and scores."),
    ("twenty lines", "00", "This study declares none: models."),
    ("twenty lines", "01", "This study declares nothing impossible."),
    ("twenty lines", "01", "This study has no instruments, so there are no scores."),
    ("twenty lines", "01", "This study declares no primary or secondary outcome."),
    ("twenty lines", "03", "share nobody, so none are compared."),
    ("twenty lines", "03", "This study plans no table of needs at timepoint 1."),
    ("twenty lines", "03", "This study plans no table over time."),
    ("twenty lines", "05", "This study declares no primary or secondary outcome."),
    ("twenty lines", "06", "This study declares no exploratory outcome."),
    ("no outcomes", "04", "This study declares no primary or secondary outcome."),
    ("no outcomes", "06", "This study names no two variables to be shown side by side"),
    ("followed up completely", "04", "Nothing is compared, because nobody is in a group: Helped"),
    ("followed up completely", "04", "The plan for missing data names no composite of this model."),
    (
        "nothing missing",
        "04",
        "Every value that the analysis needs is known, so nothing is imputed.",
    ),
    ("nothing missing", "05", "Nothing was imputed: there is no pooled adjusted estimate."),
    ("nothing missing", "05", "There are no estimates of both complete cases and imputed values"),
    ("25 rows", "05", "No model is fitted: its 2 parameters need 40 people with the outcome"),
    ("25 rows", "06", "No model of this study lists explanatory variables of much_t1."),
]
# Words of one study, which prose that serves any study does not use.
WORDS = ("dyad", "mother", "infant", "custody", "social care", "involvement", "camberwell")


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Write one of the studies as the only one of a project; the name that notebooks ask for."""

    def write(which: str) -> str:
        write_study(tmp_path, which)
        monkeypatch.setattr(places, "project", lambda: tmp_path)
        return "small"

    return write


@pytest.mark.parametrize("which", STUDIES)
def test_they_run_on_any_study(small, which):
    name = small(which)
    lines = [(file[:2], text) for file in GENERIC for text in shown_by(file, study_name=name)]
    for study, number, sentence in SAID:
        if study == which:
            said = [text for file, text in lines if file == number and sentence in text]
            assert said, (number, sentence)


def test_estimates_of_complete_cases_are_shown_where_nothing_is_imputed(small):
    shown = shown_by("05_regression", study_name=small("nothing missing"))
    table = next(text for text in shown if text.startswith("Associations with"))
    assert "Smokes" in table
    assert "imputed" not in table


def test_too_few_rows_for_any_model_are_said(small, monkeypatch):
    """Sixteen rows of which most leave something unanswered, and a rule that lets them through."""
    rule = "regression: {few_events: 0.1}\n"
    monkeypatch.setitem(STUDIES, "sixteen", (WITH_OUTCOMES + rule, 16, 85, 30))
    shown = shown_by("05_regression", study_name=small("sixteen"))
    assert [text for text in shown if text.startswith("No model is fitted: ")]


def _answers(study: str, smokes: str) -> None:
    """Let everybody in a study's file give one answer; an empty one is none."""
    path = mm.read_study(study).folder / "people.csv"
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    changed = [[*row[:4], smokes, *row[5:]] for row in rows[1:]]
    lines = [",".join(row) for row in (rows[0], *changed)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize("number", ["04_missing_data", "05_regression"])
def test_a_variable_that_is_the_same_for_everybody_is_said(small, number):
    """Its column is the constant's, so no model can tell the two apart."""
    name = small("followed up completely")
    _answers(name, "Yes")
    shown = shown_by(number, study_name=name)
    why = "No model is fitted: among its rows a column follows from those before it: smokes[Yes]."
    assert why in shown


@pytest.mark.parametrize(
    "number", ["03_descriptives_and_comparisons", "04_missing_data", "05_regression"]
)
def test_a_question_that_nobody_answered_is_no_stop(small, number):
    name = small("followed up completely")
    _answers(name, "")
    assert shown_by(number, study_name=name)


def test_numbers_of_who_is_complete_are_right(small):
    """Beside a count by hand of the file's rows."""
    study = mm.read_study(small("followed up completely"))
    cohort = mm.derive(mm.open_cohort(study))
    rows = (study.folder / "people.csv").read_text(encoding="utf-8").splitlines()[1:]
    whole = sum("" not in row.split(",")[3:5] for row in rows)
    marked = mm.mark_complete(cohort, ["age_years", "smokes"])
    counts = mm.summarise(marked, ["every_term_known"], {"All": {}})
    known = counts[(counts["level"] == "Yes") & (counts["statistic"] == "n")]
    assert known["value"].tolist() == [whole]


@pytest.mark.parametrize("timepoint", [3, 0, "three", True])
def test_a_notebook_refuses_a_timepoint_itself(small, timepoint):
    name = small("nothing missing")
    for notebook in GENERIC[2:5]:
        with pytest.raises(mm.UsageError, match=r"timepoint: study small .* Allowed: 1, 2\."):
            shown_by(notebook, study_name=name, timepoint=timepoint)


def test_plain_papermill_is_refused_too(tmp_path):
    """In a kernel of its own, on the shipped study."""
    source = places.project() / "notebooks" / "06_exploratory.ipynb"
    with pytest.raises(papermill.PapermillExecutionError, match=r"did you mean 'cpp_t1'\?"):
        papermill.execute_notebook(
            str(source),
            str(tmp_path / "made.ipynb"),
            parameters={"outcome": "cpp_1"},
            progress_bar=False,
        )


def names_of(study: Study) -> set[str]:
    """Names that a study gives to its parts; words of Python and of every study are none."""
    own = {*study.declared, *study.groups, *study.tables, *study.outcomes, *study.file.models}
    return {name for name in own if "_" in name}


def found_in(sources: list[str], names: set[str]) -> list[str]:
    """Names that stand in code as they are, or before a timepoint that is filled in."""
    text = "\n".join(sources)
    starts = {name[:-1] for name in names if name.endswith(("_t1", "_t2"))}
    whole = [name for name in names if re.search(rf"[\"']{re.escape(name)}[\"']", text)]
    return whole + [start for start in starts if f'.plan(f"{start}{{' in text]


@pytest.mark.parametrize("notebook", GENERIC)
def test_no_name_of_a_study_stands_in_them(esmi, study, notebook):
    """Beside the study that they are run for where nobody says another."""
    code = code_cells(notebook)
    # a step of the flow has this name in every study, and a variable of one study has it too
    code = [source.replace('["step"] == "complete_case"', "") for source in code]
    asked = code[0].replace('"esmi"', "").replace('"hscc_2019"', "")
    names = names_of(esmi) | names_of(study) | {"everyone", "protocol", "esmi", "hscc_2019"}
    assert not found_in([asked, *code[1:]], names)
    prose = " ".join(prose_cells(notebook)).lower()
    assert not [word for word in WORDS if word in prose]


@pytest.mark.parametrize(
    "planted",
    [
        'plan = study.plan("characteristics_t1")',
        'plan = study.plan(f"characteristics_t{timepoint}")',
        "mm.summarise(cohort, ['canm_unmet'], groups)",
        'mm.summarise(cohort, names, ["everyone"])',
        'study.terms("protocol", outcome)',
        'sides = {"Complete": {"complete_case": "Yes"}}',
    ],
)
def test_a_planted_name_is_found(esmi, planted):
    names = names_of(esmi) | {"everyone", "protocol"}
    assert found_in(["study = mm.read_study(study_name)", planted], names)


def test_a_run_without_one_of_its_parts_still_says_what_it_wrote(small, tmp_path):
    shown = shown_by("06_exploratory", study_name=small("twenty lines"))
    assert shown[-1] == "Nothing was written: this study has none of it."
    assert not list(tmp_path.rglob("internal/small/*"))
