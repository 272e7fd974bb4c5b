"""What counts participants: every column of every kind has one meaning, and the numbers of people
are all named.
"""

import re

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.results.counted import COUNTED, counted, counts_of
from mothers_margins.results.results import COLUMNS, EVERY_KIND, names_of
from mothers_margins.results.shown import is_hidden, is_known
from tests.conftest import REPOSITORY
from tests.readable import inputs

# Every other column of numbers, by what it is; `value` and `statistic` are what their row says.
SETTINGS = {"m", "setting", "sweeps", "columns"}
CHAINS = {"chains", "chains_in_all", "without_maximum"}
PLACES = {"timepoint", "chain", "sweep", "tenth", "bar", "within", "cohorts", "atom", "region"}
VALUES = {"distinct", "lower", "upper"}
STATISTICS = {
    *(
        "value",
        "statistic",
        "estimate",
        "std_error",
        "df",
        "p_value",
        "conf_low",
        "conf_high",
        "effect",
    ),
    *(
        "profile_low",
        "profile_high",
        "profile_p",
        "fmi",
        "mc_error",
        "mc_low",
        "mc_high",
        "mc_p",
        "mean",
        "sd",
        "rhat",
        "at",
    ),
    *("published", "agrees", "patterns", "observed", "expected"),
}
PEOPLE = {"n", "denominator", "missing", "n_events", "n_beyond"}


def kinds_and_engines():
    return [(kind, engine) for kind, engines in COUNTED.items() for engine in engines]


def test_every_column_of_numbers_is_people_or_says_what_else_it_is():
    assert {*COUNTED} == {*COLUMNS}
    for kind, columns in COLUMNS.items():
        numbers = {*EVERY_KIND, *columns} - names_of(kind)
        for column in numbers:
            homes = [
                group
                for group in (SETTINGS, CHAINS, PLACES, VALUES, STATISTICS, PEOPLE)
                if column in group
            ]
            assert len(homes) == 1, f"{kind}.{column}"


@pytest.mark.parametrize(("kind", "engine"), kinds_and_engines())
def test_people_stand_in_columns_of_people(kind, engine):
    for count in counts_of(kind, engine):
        assert count.column in COLUMNS[kind]
        assert {*count.where} <= {*COLUMNS[kind]}
        # the value of a summary, and of the print beside it, is a number of people where its row
        # says so
        assert count.column in PEOPLE or count.where == {"statistic": frozenset({"n"})}
        within = {*COLUMNS[kind], "size", "rows", "the region", "the step before"}
        assert count.within in within


def test_every_engine_that_writes_a_log_is_listed():
    written = {
        str(engine)
        for frame in inputs().values()
        if "engine" in frame
        for engine in frame["engine"]
    }
    assert written <= {*COUNTED["events"]}
    assert {*COUNTED["events"]} - written == {
        "sources",
        "corrections",
    }  # only of an analyst's own files


def test_a_setting_or_a_number_of_chains_is_never_in_a_column_of_people():
    log = inputs()["log"]
    run, chains = log[log["engine"] == "run"], log[log["engine"] == "chains"]
    assert dict(zip(run["event"], run["setting"], strict=True)) == {
        "imputations": 4,
        "sweeps": 5,
        "seed": 20211118,
    }
    assert len(chains)
    assert chains["chains"].between(1, 4).all()
    assert (chains["chains_in_all"] == 4).all()
    for rows in (run, chains):
        assert rows[["n", "denominator"]].isna().all(axis=None)
    convergence = inputs()["convergence"]
    assert (convergence["chains"] == 4).all()
    assert "n" not in convergence


def test_what_is_imputed_is_a_share_and_no_count():
    """Of an imputed level the table has a share of all imputations; share times number is nobody's
    count.
    """
    values = inputs()["values"]
    percent = values[values["statistic"] == "percent"]
    assert percent.loc[percent["group"] == "imputed", "n"].isna().all()
    observed = percent[percent["group"] == "observed"]
    share = (100 * observed["n"] / observed["denominator"]).astype(float).to_numpy()
    assert share == pytest.approx(observed["value"].astype(float).to_numpy())
    assert (observed["n"] == observed["n"].round()).all()


def test_a_model_is_adjusted_or_not_and_its_name_stands_elsewhere():
    for name, frame in inputs().items():
        if "model" in frame:
            assert {*frame["model"]} <= {"adjusted", "unadjusted"}, name
        if "specification" in frame:
            of_no_model = {""} if "engine" in frame else set()
            assert {*frame["specification"]} <= {"protocol"} | of_no_model, name


def test_people_in_checks_are_counted_and_not_statistics():
    checks = inputs()["checks"]
    tenths = checks[checks["check"] == "calibration"]
    whole = checks.loc[checks["check"] == "brier"].iloc[0]
    assert tenths["n"].sum() == whole["n"] == 186
    assert tenths["n_events"].sum() == 57
    assert tenths["tenth"].tolist() == [*range(1, 11)]
    assert (checks.loc[checks["check"] != "calibration", "n"] == 186).all()
    moved = checks[checks["check"] == "influence"]["n_beyond"]
    assert moved.between(0, 186).all()


# ---- the numbers themselves


@pytest.mark.parametrize(
    "name", sorted(inputs_names := ("summary", "needs", "missingness", "flow", "cells", "scores"))
)
def test_every_number_of_people_is_whole_and_within_its_base(name):
    frame = inputs()[name]
    rows = frame.to_dict("records")
    found = list(counted(frame))
    assert found
    for one in found:
        assert is_known(one.value) or rows[one.row]["status"] == "missing"
        if is_known(one.value):
            assert one.value == int(one.value)
            base = rows[one.row].get(one.count.within)
            assert base is None or one.value <= base


def test_the_counts_of_table_1_are_its_published_ones():
    """138 printed numbers, of which three are means: each other one is named as a number of
    people.
    """
    frame = inputs()["published"]
    people = [one for one in counted(frame) if one.count.column == "value"]
    assert len(people) == 138 - (frame["statistic"] == "mean").sum()
    assert {one.value for one in people} <= {float(value) for value in frame["published"]}


def test_hidden_and_missing_numbers_are_named_too():
    frame = inputs()["summary"]
    hidden = frame.assign(status=["suppressed", *frame["status"].iloc[1:]])
    hidden.about = frame.about
    assert len(list(counted(hidden))) == len(list(counted(frame)))
    assert [is_hidden(one.value) for one in counted(hidden) if one.row == 0] == [True] * 4
    with pytest.raises(mm.UsageError, match="does not say which study"):
        list(counted(pd.DataFrame(frame)))


# ---- the documentation says the same


def test_the_documentation_of_results_names_every_column_of_every_kind():
    text = (REPOSITORY / "docs" / "results.md").read_text(encoding="utf-8")
    named = {name for cell in re.findall(r"`([^`]+)`", text) for name in re.findall(r"\w+", cell)}
    for kind, columns in COLUMNS.items():
        assert kind in named
        assert {*columns} <= named, kind


def test_the_documentation_says_whom_each_column_counts():
    text = (REPOSITORY / "docs" / "results.md").read_text(encoding="utf-8")
    lines = [
        tuple(cell.replace("`", "").strip() for cell in line.strip("|").split("|"))
        for line in text.splitlines()
    ]
    for kind, engine in kinds_and_engines():
        for count in counts_of(kind, engine):
            where = f"{kind}, {engine}" if engine else kind
            assert (where, count.column, count.whom, count.within) in lines
