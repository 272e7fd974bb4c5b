"""Logistic regression: numbers of R (data/reference/README.md), closed forms, declared rules, and the lock."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.text import Text
from scipy.optimize import minimize_scalar

import mothers_margins as mm
from mothers_margins import logistic
from mothers_margins.definition import Coding, Lock, Model
from mothers_margins.dictionary import read_study
from mothers_margins.results import COLUMNS, EVERY_KIND, NOT_LOCKED

from .conftest import REPOSITORY

FOLDER = REPOSITORY / "tests" / "data" / "reference"
REFERENCE = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
QUANTILE = 3.841458820694124  # R: qchisq(0.95, 1)
CASES = pytest.mark.parametrize("case", REFERENCE["logistic"], ids=lambda case: case["name"])
YES = {"Yes": 1.0, "No": 0.0}


def births(case: dict[str, Any] | None = None) -> pd.DataFrame:
    """The 189 births, with R's reference level of race, and with the change that a case makes to one row."""
    data = pd.read_csv(FOLDER / "birthwt.csv")
    data["race"] = pd.Categorical(data["race"], ["white", "black", "other"])
    if case and case.get("data_change"):
        change = case["data_change"]
        assert data.loc[change["row"] - 1, change["column"]] == change["from"]
        data.loc[change["row"] - 1, change["column"]] = change["to"]
    return data


def same(found: Any, expected: Any, tolerance: float = 1e-6) -> None:
    np.testing.assert_allclose(np.asarray(found, float), np.asarray(expected, float), rtol=tolerance, atol=1e-9)


def two_by_two(a: int, b: int, c: int, d: int) -> pd.DataFrame:
    """With the variable a with and b without the outcome, without the variable c and d."""
    return pd.DataFrame({"y": [1] * a + [0] * b + [1] * c + [0] * d, "g": [1] * (a + b) + [0] * (c + d)})


def declaring(cohort: mm.Cohort, rules: dict[str, Any] | None = None, **changes: Any) -> mm.Cohort:
    """The same rows under a study that declares other rules of regression, or other parts of study.yaml."""
    file = cohort.study.file
    changes["regression"] = file.regression.model_copy(update=rules or {})
    return replace(cohort, study=replace(cohort.study, file=file.model_copy(update=changes)))


def planted(cohort: mm.Cohort, **columns: Any) -> mm.Cohort:
    """Other values in some columns, with the types of the old ones."""
    data = cohort.data.copy()
    for name, values in columns.items():
        data[name] = pd.Series(values, index=data.index).astype(data[name].dtype)
    return replace(cohort, data=data)


def complete(cohort: mm.Cohort, outcome: str, model: str = "protocol") -> pd.DataFrame:
    """Rows in which pandas finds the outcome and every explanatory variable."""
    return cohort.data[[outcome, *cohort.study.terms(model, outcome)]].dropna()


def by_hand(rows: pd.DataFrame, outcome: str) -> tuple[pd.DataFrame, pd.Series]:
    """Rows as numbers, without any unit: years, points, fifths as they are numbered, and yes as 1."""
    merged = rows["ethnicity"].astype(str).replace({"Asian": "Asian, Mixed or Other"})
    merged = merged.replace({"Mixed or Other": "Asian, Mixed or Other"})
    numbers = {"age_years": rows["age_years"]}
    for level in ("White Other", "Black", "Asian, Mixed or Other"):
        numbers[f"ethnicity[{level}]"] = merged == level
    numbers["relationship[single]"] = rows["relationship"] == "single"
    numbers["deprivation_quintile"] = rows["deprivation_quintile"].astype(int)
    for name in ("admissions_2y", "personality_disorder", "schizophrenia", "dv_any"):
        numbers[f"{name}[Yes]"] = rows[name] == "Yes"
    numbers["ctq_total"] = rows["ctq_total"]
    for name in ("substance_misuse", "learning_difficulties"):
        numbers[f"{name}[Yes]"] = rows[name] == "Yes"
    return pd.DataFrame(numbers).astype(float), rows[outcome].astype(str).map(YES)


@pytest.fixture(scope="module")
def fit(demo) -> mm.Fit:
    """The protocol's model by maximum likelihood."""
    return mm.fit_logistic(declaring(demo, {"minimum_cell": 1}), "protocol")


# ---- numbers of R


@CASES
def test_every_fit_is_r_s(case):
    found = mm.fit_logistic(births(case), case["formula"])
    assert (found.nobs, found.n_events, found.parameters) == (case["n"], case["events"], case["lr_df"])
    assert [re.sub(r"\[T\.|\]|\(|\)", "", name) for name in found.params.index] == [t.strip("()") for t in case["terms"]]
    for ours, name in ((found.params, "coef"), (found.bse, "se"), (found.pvalues, "p"), (found.llf, "loglik")):
        same(ours, case[name])
    same(found.cov_params(), case["vcov"])
    same(found.conf_int(), case["wald_ci"])
    same(found.profile_int(), case["profile_ci"])
    same(found.solution.profile_p, case["drop_column_p"])
    if case["wald_race"]:
        race = [replace(one, variable="race") if "race" in one.name else one for one in found.columns]
        joint = replace(found, columns=tuple(race)).wald_test("race")
        same([joint.statistic, joint.df, joint.pvalue], [case["wald_race"][name] for name in ("chi2", "df", "p")])
    frame = found.to_frame()
    assert list(frame.columns) == [*EVERY_KIND, *COLUMNS["estimates"]]
    same(frame[["estimate", "std_error", "conf_low", "profile_high"]].iloc[-1], [
        case[name][-1] for name in ("coef", "se")] + [case["wald_ci"][-1][0], case["profile_ci"][-1][1]]
    )  # fmt: skip


@CASES
def test_limits_of_r_s_spline_lie_close_to_the_roots_but_are_not_them(case):
    roots = mm.fit_logistic(births(case), case["formula"]).profile_int().to_numpy()
    away = np.abs(roots - np.array(case["profile_ci_confint"])).max()  # MASS interpolates
    assert 1e-6 < away < 2e-4


@pytest.mark.parametrize("augmented", [False, True])
def test_firth_is_r_s_with_either_standard_error(augmented):
    case = REFERENCE["shared"]["firth_birthwt"]
    found = mm.fit_logistic(births(), case["formula"], "firth")
    solution = logistic.firth(found.design.to_numpy(), found.event.to_numpy(), 95, augmented=augmented)
    same(solution.params, case["coef"])
    same(np.sqrt(np.diag(solution.covariance)), case["se_wald_augmented" if augmented else "se_wald_I"])
    same(np.column_stack([solution.profile_low, solution.profile_high]), case["profile_ci"])
    same(solution.profile_p, case["plr_p"])
    same(solution.loglik, case["penalised_loglik"])
    same(found.bse, case["se_wald_I"])  # what fit_logistic has unless the study says otherwise
    assert set(found.to_frame()["method"]) == {"firth"}


# ---- closed forms

CELLS = st.integers(1, 40)


@given(CELLS, CELLS, CELLS, CELLS)
@settings(max_examples=25)
def test_one_yes_or_no_variable_has_its_closed_form(a, b, c, d):
    data = two_by_two(a, b, c, d)
    found = mm.fit_logistic(data, "y ~ g")
    same(found.params, [np.log(c / d), np.log(a * d / (b * c))])
    same(found.bse, [np.sqrt(1 / c + 1 / d), np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)])
    # Firth of a saturated table adds 1/2 to each cell; the augmented information is that of the table so made
    a, b, c, d = (cell + 0.5 for cell in (a, b, c, d))
    firth = mm.fit_logistic(data, "y ~ g", "firth")
    same(firth.params, [np.log(c / d), np.log(a * d / (b * c))], 1e-5)
    augmented = logistic.firth(firth.design.to_numpy(), firth.event.to_numpy(), 95, augmented=True, profile=False)
    same(augmented.covariance[1, 1], 1 / a + 1 / b + 1 / c + 1 / d, 1e-5)
    ordinary = sum((one + other) ** 2 / ((one + other - 1) * one * other) for one, other in ((a, b), (c, d)))
    same(firth.bse.iloc[1] ** 2, ordinary, 1e-5)  # 1/(n p q) of each row, at p = (a + 1/2)/(n + 1)


def test_a_saturated_factor_has_the_log_odds_of_its_levels():
    data = births()
    share = data.groupby("race", observed=True)["low"].mean()
    odds = np.log(share / (1 - share))
    found = mm.fit_logistic(data, "low ~ race").params
    same(found, [odds["white"], odds["black"] - odds["white"], odds["other"] - odds["white"]])


@pytest.mark.parametrize(("confidence", "chi2", "normal"), [(95, QUANTILE, 1.959964), (90, 2.705543, 1.644854)])
def test_at_its_profile_limits_the_likelihood_has_fallen_by_the_quantile(demo, confidence, chi2, normal):
    found = mm.fit_logistic(declaring(demo, {"minimum_cell": 1, "confidence": confidence}), "protocol")
    for name in ("age_years", "schizophrenia[Yes]"):
        for limit in found.profile_int().loc[name]:
            held = sm.GLM(found.event, found.design.drop(columns=name), sm.families.Binomial(),
                          offset=limit * found.design[name]).fit(tol=1e-12)  # fmt: skip
            assert 2 * (found.llf - held.llf) == pytest.approx(chi2, abs=1e-5)
    same(found.conf_int()[1] - found.params, normal * found.bse)
    same(found.conf_int(0.05)[1] - found.params, 1.959963984540054 * found.bse)


def test_beside_an_empty_cell_one_profile_limit_is_infinite_and_the_other_is_found():
    """5 and 0 with the variable, 4 and 6 without: the best is reached as the coefficient goes to infinity."""
    data = two_by_two(5, 0, 4, 6)
    with pytest.raises(mm.UsageError) as raised:
        mm.fit_logistic(data, "y ~ g")
    assert raised.value.problems == ("g",)
    design, event = np.column_stack([np.ones(15), data["g"]]), data["y"].to_numpy(float)
    assert logistic.separated(design, event).tolist() == [False, True]
    with pytest.raises(ArithmeticError, match="do not converge"):
        logistic.maximum_likelihood(design, event, 95)
    best = 4 * np.log(0.4) + 6 * np.log(0.6)
    far, errors = np.array([np.log(4 / 6), 30.0]), np.array([1.0, 10.0])
    low, high, p_value = logistic._profile(design, event, far, errors, best, 1, 95)
    assert high == np.inf

    def fall(value: float) -> float:
        def minus(a: float) -> float:
            return 5 * np.logaddexp(0, -a - value) + 4 * np.logaddexp(0, -a) + 6 * np.logaddexp(0, a)

        return 2 * (best + minimize_scalar(minus, bounds=(-5, 5), method="bounded", options={"xatol": 1e-10}).fun)

    assert fall(low) == pytest.approx(QUANTILE, abs=1e-6)
    null = 9 * np.log(9 / 15) + 6 * np.log(6 / 15)
    assert p_value == pytest.approx(logistic.stats.chi2.sf(2 * (best - null), 1))
    assert np.isfinite(mm.fit_logistic(data, "y ~ g", "firth").params).all()


# ---- what enters, on a cohort


@pytest.mark.parametrize(
    ("model", "outcome"),
    [("protocol", "involved_t1"), ("published_2023", "involved_t2"), ("protocol", "continued")],
)
def test_the_rows_are_the_complete_cases(demo, model, outcome):
    rows, found = complete(demo, outcome, model), mm.fit_logistic(demo, model, outcome=outcome)
    assert (found.nobs, found.n_events) == (len(rows), (rows[outcome] == "Yes").sum())
    assert found.design.index.equals(rows.index)
    assert found.done[0][2] == demo.data[outcome].notna().sum() - len(rows)
    if outcome == "continued":
        assert set(demo.data.loc[found.design.index, "involved_t1"]) == {"Yes"}
    cells = found.tabulated().pivot(index=["variable", "event"], columns="group", values="n")
    counted = pd.crosstab(rows["dv_any"], rows[outcome])
    assert cells.loc["dv_any"].loc[["Yes", "No"], ["yes", "no"]].to_numpy().tolist() == counted.loc[
        ["Yes", "No"], ["Yes", "No"]].to_numpy().tolist()  # fmt: skip
    assert (cells.groupby("variable").sum() == [found.nobs - found.n_events, found.n_events]).all(axis=None)


def test_variables_enter_as_the_study_codes_them(demo, fit):
    design, event = by_hand(complete(demo, "involved_t1"), "involved_t1")
    raw = sm.Logit(event, sm.add_constant(design)).fit(disp=0).params.drop("const")
    units = pd.Series(1.0, index=raw.index) | {"age_years": 5, "ctq_total": 10, "deprivation_quintile": -1}
    units = pd.Series({**dict.fromkeys(raw.index, 1.0), "age_years": 5, "ctq_total": 10, "deprivation_quintile": -1})
    assert list(fit.params.index) == ["Intercept", *raw.index]
    same(fit.params.drop("Intercept"), raw * units)
    assert {one.variable: one.reference for one in fit.columns if one.level} == {
        "ethnicity": "White British", "relationship": "partner",
        **dict.fromkeys(["admissions_2y", "personality_disorder", "schizophrenia", "dv_any"], "No"),
        **dict.fromkeys(["substance_misuse", "learning_difficulties"], "No"),
    }  # fmt: skip
    assert set(fit.design["deprivation_quintile"]) == {0, 1, 2, 3, 4}
