"""The synthetic cohort: published totals, deliberate difficulties, and a truth that a model finds
again.
"""

import ast
import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import mothers_margins as mm
from mothers_margins.cohort.design_columns import coded
from mothers_margins.demo.recipe import read_recipe
from mothers_margins.demo.shipped import write_demo
from mothers_margins.demo.synthetic import complete_cohort, synthetic_rows
from mothers_margins.study.read_study import read_study

# Direction of each published association (Lever Taylor and others 2023, abstract): all raise the
# odds.
PUBLISHED = {
    "involved_t1": [
        "deprivation_quintile",
        "ctq_total",
        "dv_any",
        "personality_disorder",
        "schizophrenia",
        "admissions_2y",
    ],
    "involved_t2": ["deprivation_quintile", "ctq_total", "relationship", "readmitted_1y"],
}
# From benchmarks/carry_over.py: published_2023 at timepoint 2, fitted to 1,000,000 rows with
# carry-over; value and SE.
CARRIED: dict[tuple[str, str], tuple[float, float]] = {
    ("age_years", ""): (-0.0587, 0.0017),
    ("ethnicity", "White Other"): (0.0056, 0.0075),
    ("ethnicity", "Black"): (-0.0041, 0.0071),
    ("ethnicity", "Asian, Mixed or Other"): (-0.0034, 0.0077),
    ("relationship", "single"): (0.0084, 0.0052),
    ("deprivation_quintile", ""): (0.1934, 0.0019),
    ("admissions_2y", "Yes"): (0.2755, 0.0051),
    ("personality_disorder", "Yes"): (-0.0070, 0.0058),
    ("schizophrenia", "Yes"): (0.4944, 0.0069),
    ("dv_any", "Yes"): (0.2893, 0.0050),
    ("ctq_total", ""): (0.3249, 0.0015),
    ("substance_misuse", "Yes"): (0.5072, 0.0052),
    ("learning_difficulties", "Yes"): (-0.0060, 0.0092),
    ("readmitted_1y", "Yes"): (-0.6207, 0.0060),
}


@pytest.fixture(scope="module")
def large(esmi) -> mm.Cohort:
    return complete_cohort(esmi, 20_000)


def fitted(
    cohort: mm.Cohort, model: str, outcome: str
) -> dict[tuple[str, str], tuple[float, float]]:
    """Coefficients and standard errors of a logistic model by statsmodels, in the study's own
    coding.
    """
    columns: dict[tuple[str, str], pd.Series] = {}
    for term in cohort.study.terms(model, outcome):
        columns |= coded(cohort.study, cohort.data, term)
    design = sm.add_constant(pd.DataFrame(columns).to_numpy(dtype=float))
    fit = sm.Logit((cohort.data[outcome] == "Yes").astype(float), design).fit(disp=0)
    return dict(zip(columns, zip(fit.params[1:], fit.bse[1:], strict=True), strict=True))


def departures(found: dict, truth: dict[str, float]) -> dict[tuple[str, str], float]:
    """By how many standard errors each coefficient misses the log of its true odds ratio."""
    return {
        key: (value - np.log(truth.get(key[0], 1))) / error for key, (value, error) in found.items()
    }


def test_the_shipped_file_is_what_the_recipe_draws(esmi, tmp_path):
    shipped = (esmi.folder / esmi.file.data.demo).read_bytes()
    assert write_demo(esmi, tmp_path / "again.csv").read_bytes() == shipped


def test_every_published_total_is_met(demo):
    # ESMI: Howard and others 2022 (services), Lever Taylor and others 2023 (timepoint 1),
    # re-admission paper 2022
    data = demo.data
    assert len(demo) == 279
    assert data["service_type"].value_counts().to_dict() == {
        "mother and baby unit": 108,
        "acute ward": 62,
        "crisis resolution team": 109,
    }
    assert data["involved_t1"].value_counts(dropna=False).tolist() == [179, 99, 1]
    assert data["readmitted_1y"].value_counts(dropna=False).tolist() == [211, 67, 1]
    days = data.loc[data["readmitted_1y"] == "Yes", "days_to_readmission"].astype(float)
    assert days.median() == 86
    assert (days.quantile(0.25), days.quantile(0.75)) == pytest.approx((35, 214), abs=1)
    assert data.loc[data["readmitted_1y"] == "No", "days_to_readmission"].isna().all()


def first_with(data: pd.DataFrame, **values: str) -> pd.Series:
    mask = pd.Series(True, index=data.index)
    for name, value in values.items():
        mask &= (data[name].isna() if value is None else data[name] == value).fillna(False)
    return mask


DIFFICULTIES = {
    "one dyad without a known outcome at timepoint 1": lambda d, t: first_with(d, involved_t1=None),
    "CAN-M and HoNOS rated 9": lambda d, t: (t["canm_03"] == "9") | (t["honos_07"] == "9"),
    "never in an adult relationship": lambda d, t: first_with(
        d, cas_ever_relationship="No", cas_total=None, dv_any="No"
    ),
    "a whole CTQ form missing": lambda d, t: (
        t[[f"ctq_{n:02d}" for n in range(1, 29)]].eq(".a").all(axis=1)
    ),
    "a whole CAS form missing": lambda d, t: (
        t[[f"cas_{n:02d}" for n in range(1, 31)]].eq(".a").all(axis=1)
    ),
    "a level of ethnicity with fewer than five events": lambda d, t: (
        d["ethnicity"] == "Mixed or Other"
    ),
    "tobacco alone": lambda d, t: (t["icd10_other"] == "F17.2") & (d["substance_misuse"] == "No"),
    "composite: one component present, one not known": lambda d, t: (
        (d["substance_misuse"] == "Yes") & d["honos_substance"].isna()
    ),
    "composite: none present, one not known": lambda d, t: (
        d["substance_misuse"].isna()
        & d["drug_history"].isna()
        & (d["honos_substance"] == "No")
        & (d["canm_substance_unmet"] == "No")
        & (d["icd10_substance"] == "No")
    ),
    "composite: nothing known": lambda d, t: (
        d[["drug_history", "honos_substance", "canm_substance_unmet", "icd10_substance"]]
        .isna()
        .all(axis=1)
    ),
    "custody lost, no involvement at timepoint 1": lambda d, t: first_with(
        d, custody_lost="Yes", involved_t1="No"
    ),
    "custody lost, no involvement at timepoint 2": lambda d, t: first_with(
        d, custody_lost="Yes", involved_t2="No"
    ),
    "re-admission not known": lambda d, t: first_with(
        d, readmitted_1y=None, days_to_readmission=None
    ),
    "both diagnoses": lambda d, t: first_with(d, personality_disorder="Yes", schizophrenia="Yes"),
    "no other children to ask about": lambda d, t: t["other_children_csc"] == ".n",
}


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_every_deliberate_difficulty_is_in_the_file(demo, shipped, difficulty):
    assert DIFFICULTIES[difficulty](demo.data, shipped).sum() >= 1


def test_scores_are_prorated_and_given_up_above_and_below_the_threshold(demo):
    for name in ("ctq_emotional_abuse", "ctq_physical_abuse", "ctq_total"):
        assert {"complete", "prorated", "no_item"} <= set(demo.scoring[name])
    for name in ("ctq_physical_abuse", "ctq_total"):
        assert "too_few_items" in set(demo.scoring[name])


def test_there_is_an_english_and_a_welsh_dyad_in_every_fifth(demo):
    counts = pd.crosstab(demo.data["deprivation_quintile"], demo.data["country"])
    assert (counts.to_numpy() >= 1).all()
    assert counts.shape == (5, 2)


def test_a_level_has_fewer_than_five_events(demo):
    events = demo.data[demo.data["involved_t1"] == "Yes"]["ethnicity"].value_counts()
    assert 0 < events["Mixed or Other"] < 5


@pytest.mark.parametrize(
    ("model", "outcome"), [("protocol", "involved_t1"), ("published_2023", "involved_t2")]
)
def test_the_truth_is_found_again_within_three_standard_errors(esmi, large, model, outcome):
    found = departures(fitted(large, model, outcome), read_recipe(esmi).truths[outcome].odds_ratios)
    assert len(found) == 13 + (outcome == "involved_t2")  # ethnicity enters as four levels
    assert {key: miss for key, miss in found.items() if abs(miss) > 3} == {}
    assert np.std(list(found.values())) < 1.6  # and not by errors that are too wide or too narrow
    assert np.std(list(found.values())) > 0.3


def test_timepoint_1_adds_nothing_at_timepoint_2_given_the_declared_model(large):
    columns: dict[tuple[str, str], pd.Series] = {}
    for term in large.study.terms("published_2023", "involved_t2"):
        columns |= coded(large.study, large.data, term)
    carried = (large.data["involved_t1"] == "Yes").astype(float)
    design = sm.add_constant(pd.DataFrame({**columns, ("t1", ""): carried}).to_numpy(dtype=float))
    fit = sm.Logit((large.data["involved_t2"] == "Yes").astype(float), design).fit(disp=0)
    assert abs(np.asarray(fit.tvalues)[-1]) < 3


def test_with_carry_over_the_declared_model_finds_what_a_million_rows_say_and_not_the_recipe(
    esmi, large
):
    cohort = complete_cohort(esmi, 20_000, carry_over=True)
    found = fitted(cohort, "published_2023", "involved_t2")
    assert found.keys() == CARRIED.keys()
    for key, (value, error) in found.items():
        expected, its_error = CARRIED[key]
        assert abs(value - expected) / np.hypot(error, its_error) < 3, key
    missed = departures(found, read_recipe(esmi).truths["involved_t2"].odds_ratios)
    assert (
        max(abs(miss) for miss in missed.values()) > 5
    )  # the negative control: a wrong truth is seen
    # nothing else differs between the two generators
    assert large.data["ctq_total"].equals(cohort.data["ctq_total"])
    assert large.data["involved_t1"].equals(cohort.data["involved_t1"])


def test_published_directions_are_reversed_or_absent_on_purpose(esmi):
    truths = read_recipe(esmi).truths
    against = {
        outcome: [term for term in terms if truths[outcome].odds_ratios.get(term, 1) <= 1]
        for outcome, terms in PUBLISHED.items()
    }
    assert against == {
        "involved_t1": ["deprivation_quintile", "personality_disorder"],
        "involved_t2": ["relationship", "readmitted_1y"],
    }
    assert (
        "several of them against the published direction" in mm.demo_cohort("esmi").source.statement
    )
    assert "SYNTHETIC" in repr(mm.demo_cohort("esmi"))


def test_the_truths_are_the_declared_models(esmi):
    recipe = read_recipe(esmi)
    assert (
        recipe.seed == 20211118
    )  # the day of the registration; fixed before any result was looked at
    for outcome in ("involved_t1", "involved_t2"):
        truth = recipe.truths[outcome]
        assert {*truth.odds_ratios} <= {*esmi.terms(truth.model, outcome)}
    assert "involved_t1" not in recipe.truths["involved_t2"].odds_ratios


@pytest.mark.parametrize("number", [20, 45, 120, 279, 1000])
def test_the_same_recipe_draws_any_number_of_dyads(esmi, tmp_path, number):
    path = tmp_path / "more.csv"
    write_demo(esmi, path, number)
    cohort = mm.derive(mm.read_cohort(path, esmi))
    assert len(cohort) == number
    share = (cohort.data["involved_t1"] == "Yes").sum() / cohort.data["involved_t1"].notna().sum()
    assert share == pytest.approx(99 / 278, abs=0.5 / number + 1e-9)
    assert cohort.data["dyad_id"].str.startswith("ESYN").all()


def test_another_seed_draws_other_dyads_with_the_same_totals(esmi):
    one, other = synthetic_rows(esmi), synthetic_rows(esmi, seed=1)
    assert not one["ctq_01"].equals(other["ctq_01"])
    assert (
        one["service_type"].value_counts().to_dict()
        == other["service_type"].value_counts().to_dict()
    )
    assert (other["safeguarding_t1"] == "none").sum() == 179


def test_values_are_missing_more_often_where_the_recipe_says_so(esmi):
    frame = synthetic_rows(esmi, 20_000)
    absent = frame["ctq_01"] == ".a"
    involved = ~frame["safeguarding_t1"].isin(["none", ""])
    assert absent.mean() == pytest.approx(0.10, abs=0.001)
    assert absent[involved].mean() > 1.5 * absent[~involved].mean()
    age = frame["age_years"].astype(int)
    assert age[absent].mean() < age[~absent].mean() - 1


def test_no_participants_file_can_reach_the_generator():
    # import-linter holds the same for everything that these import (pyproject.toml)
    found = importlib.util.find_spec("mothers_margins.demo.synthetic")
    assert found is not None
    assert found.origin
    source = Path(found.origin).read_text(encoding="utf-8")
    imported = {
        node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)
    }
    readers = {"read_cohort", "files", "merge_sources", "sources_file"}
    assert not {f"mothers_margins.cohort.{name}" for name in readers} & imported
    calls = {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    assert not {"read_csv", "read_stata", "open", "read_text", "read_bytes"} & calls


def altered(esmi: mm.Study, tmp_path, old: str, new: str) -> mm.Study:
    folder = tmp_path / "esmi"
    shutil.copytree(esmi.folder, folder)
    text = (folder / "synthetic.yaml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder / "synthetic.yaml").write_text(text.replace(old, new), encoding="utf-8")
    return read_study("esmi", folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  age_years: {points", "  age_in_years: {points", "'age_years' is not drawn"),
        ("  age_years: {points", "  age_in_years: {points", "'age_in_years' is no field"),
        ("schizophrenia: 4.0", "satisfaction: 4.0", "involved_t1: the model has no 'satisfaction'"),
        (
            "seed: 20211118",
            "sead: 20211118",
            "sead: this key is not part of the format; did you mean 'seed'?",
        ),
    ],
)
def test_a_broken_recipe_says_what_is_wrong(esmi, tmp_path, old, new, said):
    study = altered(esmi, tmp_path, old, new)
    with pytest.raises(mm.StudyError, match="nothing was drawn") as raised:
        synthetic_rows(study)
    assert said in str(raised.value)


def test_a_study_without_a_recipe_draws_nothing(study):
    with pytest.raises(mm.UsageError, match="not synthetic"):
        synthetic_rows(study)
    with pytest.raises(mm.UsageError, match="number of rows"):
        write_demo(study, rows=60)
