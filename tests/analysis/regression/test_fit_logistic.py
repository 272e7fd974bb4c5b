"""Logistic regression: numbers of R (data/reference/README.md), closed forms, and the rules that a
study declares.
"""

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

import mothers_margins as mm
from mothers_margins.analysis.regression import likelihood
from mothers_margins.analysis.regression.fit import Happened
from mothers_margins.results.results import COLUMNS, EVERY_KIND
from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "tests" / "data" / "reference"
REFERENCE = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
QUANTILE = 3.841458820694124  # R: qchisq(0.95, 1)
YES = {"Yes": 1.0, "No": 0.0}


def births(case: dict[str, Any] | None = None) -> pd.DataFrame:
    """The 189 births, with R's reference level of race, and with the change that a case makes to
    one cell.
    """
    data = pd.read_csv(FOLDER / "birthwt.csv")
    data["race"] = pd.Categorical(data["race"], ["white", "black", "other"])
    if case and case.get("data_change"):
        row, column, _, after = case["data_change"].values()
        data.loc[row - 1, column] = after
    return data


def same(found: Any, expected: Any, tolerance: float = 1e-6) -> None:
    np.testing.assert_allclose(
        np.asarray(found, float), np.asarray(expected, float), rtol=tolerance, atol=1e-9
    )


def table(a: int, b: int, c: int, d: int) -> pd.DataFrame:
    """With the variable a with and b without the outcome; without it c and d."""
    return pd.DataFrame(
        {"y": [1] * a + [0] * b + [1] * c + [0] * d, "g": [1] * (a + b) + [0] * (c + d)}
    )


def declaring(cohort: mm.Cohort, **changes: Any) -> mm.Cohort:
    """The same rows under a study with other rules of regression, or with a lock."""
    file, lock = cohort.study.file, changes.pop("lock", None)
    parts = {"regression": file.regression.model_copy(update=changes), "lock": lock}
    return replace(cohort, study=replace(cohort.study, file=file.model_copy(update=parts)))


def planted(cohort: mm.Cohort, **columns: Any) -> mm.Cohort:
    """Other values in some columns, with the types of the old ones."""
    old = cohort.data
    new = {
        name: pd.Series(values, index=old.index).astype(old[name].dtype)
        for name, values in columns.items()
    }
    return replace(cohort, data=old.assign(**new))


def complete(cohort: mm.Cohort, outcome: str, model: str = "protocol") -> pd.DataFrame:
    return cohort.data[[outcome, *cohort.study.terms(model, outcome)]].dropna()


@pytest.fixture(scope="module")
def fit(demo) -> mm.Fit:
    return mm.fit_logistic(declaring(demo, minimum_cell=1), "protocol")


# ---- numbers of R


@pytest.mark.parametrize("case", REFERENCE["logistic"], ids=lambda case: case["name"])
def test_every_fit_is_that_of_r(case):
    found = mm.fit_logistic(births(case), case["formula"])
    assert (found.nobs, found.n_events, found.parameters) == (
        case["n"],
        case["events"],
        case["lr_df"],
    )
    assert [re.sub(r"\[T\.|\]", "", one) for one in found.params.index] == [
        one.strip("()") for one in case["terms"]
    ]
    for ours, name in (
        (found.params, "coef"),
        (found.bse, "se"),
        (found.pvalues, "p"),
        (found.llf, "loglik"),
    ):
        same(ours, case[name])
    for ours, name in (
        (found.cov_params(), "vcov"),
        (found.conf_int(), "wald_ci"),
        (found.profile_int(), "profile_ci"),
    ):
        same(ours, case[name])
    same(found.solution.profile_p, case["drop_column_p"])
    if case["wald_race"]:
        race = tuple(
            replace(one, variable="race") if "race" in one.name else one for one in found.columns
        )
        joint = replace(found, columns=race).wald_test("race")
        same([joint.statistic, joint.df, joint.pvalue], list(case["wald_race"].values()))
    written = ["estimate", "std_error", "conf_low", "conf_high", "profile_low", "profile_high"]
    last = [case[name][-1] for name in ("coef", "se", "wald_ci", "profile_ci")]
    same(found.to_frame()[written].iloc[-1], np.hstack(last))
    away = np.abs(found.profile_int().to_numpy() - case["profile_ci_confint"]).max()
    assert 1e-6 < away < 2e-4  # R's confint interpolates a spline: close, but not the root


@pytest.mark.parametrize(
    ("kind", "errors"), [("information", "se_wald_I"), ("augmented", "se_wald_augmented")]
)
def test_firth_is_that_of_r_with_either_standard_error(demo, kind, errors):
    case, augmented = REFERENCE["shared"]["firth_birthwt"], kind == "augmented"
    found = mm.fit_logistic(births(), case["formula"], "firth")
    solution = likelihood.firth(
        found.design.to_numpy(), found.event.to_numpy(), 95, augmented=augmented
    )
    same(np.sqrt(np.diag(solution.covariance)), case[errors])
    same(found.bse, case["se_wald_I"])  # what fit_logistic has unless the study says otherwise
    for ours, name in (
        (found.params, "coef"),
        (found.pvalues, "plr_p"),
        (found.llf, "penalised_loglik"),
    ):
        same(ours, case[name])
    for limits in (found.profile_int(), found.conf_int()):  # the primary ones are the profile's
        same(limits, case["profile_ci"])
    said = mm.fit_logistic(declaring(demo, firth_std_error=kind), "protocol", "firth")
    again = likelihood.firth(
        said.design.to_numpy(), said.event.to_numpy(), 95, augmented=augmented, profile=False
    )
    same(said.cov_params(), again.covariance)


# ---- closed forms

CELLS = st.integers(1, 40)


@given(CELLS, CELLS, CELLS, CELLS)
@settings(max_examples=25)
def test_one_yes_or_no_variable_has_its_closed_form(a, b, c, d):
    found, firth = (
        mm.fit_logistic(table(a, b, c, d), "y ~ g"),
        mm.fit_logistic(table(a, b, c, d), "y ~ g", "firth"),
    )
    same(found.params, [np.log(c / d), np.log(a * d / (b * c))])
    same(found.bse, [np.sqrt(1 / c + 1 / d), np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)])
    # Firth of a saturated table adds 1/2 to each cell; the augmented information is that of the
    # table so made
    a, b, c, d = a + 0.5, b + 0.5, c + 0.5, d + 0.5
    assert firth.params.tolist() == pytest.approx(
        [np.log(c / d), np.log(a * d / (b * c))], abs=2e-4
    )
    rows = firth.design.to_numpy(), firth.event.to_numpy()
    augmented = likelihood.firth(*rows, 95, augmented=True, profile=False).covariance
    assert augmented[1, 1] == pytest.approx(1 / a + 1 / b + 1 / c + 1 / d, rel=1e-3)
    ordinary = sum(
        (one + other) ** 2 / ((one + other - 1) * one * other) for one, other in ((a, b), (c, d))
    )
    assert firth.bse.iloc[1] ** 2 == pytest.approx(
        ordinary, rel=1e-3
    )  # 1/(n p q) at p = (a + 1/2)/(n + 1)


def test_firth_of_a_sparse_table_is_exact():
    found = mm.fit_logistic(table(16, 1, 0, 5), "y ~ g", "firth")
    assert found.params["g"] == pytest.approx(np.log(16.5 * 5.5 / (1.5 * 0.5)), abs=1e-6)
    for limit in found.profile_int().loc["g"]:
        assert fall(limit, 16.5, 1.5, 0.5, 5.5) == pytest.approx(QUANTILE, abs=1e-6)


def test_a_variable_far_from_zero_converges():
    """Years of birth: the coefficient is that of years since 1980, and the constant moves by 1980
    of it.
    """
    data = births().assign(
        since=lambda one: one["age"] % 20, born=lambda one: 1980 + one["age"] % 20
    )
    near, far = (
        mm.fit_logistic(data, f"low ~ {name}").params.to_numpy() for name in ("since", "born")
    )
    same(far, [near[0] - 1980 * near[1], near[1]])


def test_a_saturated_factor_has_the_log_odds_of_its_levels():
    white, black, other = special.logit(births().groupby("race", observed=True)["low"].mean())
    same(mm.fit_logistic(births(), "low ~ race").params, [white, black - white, other - white])


@pytest.mark.parametrize(
    ("confidence", "chi2", "normal"), [(95, QUANTILE, 1.959964), (90, 2.705543, 1.644854)]
)
def test_at_its_profile_limits_the_likelihood_has_fallen_by_the_quantile(
    demo, confidence, chi2, normal
):
    found = mm.fit_logistic(declaring(demo, minimum_cell=1, confidence=confidence), "protocol")
    for name in ("age_years", "schizophrenia[Yes]"):
        others = found.design.drop(columns=name)
        for limit in found.profile_int().loc[name]:
            held = sm.GLM(
                found.event, others, sm.families.Binomial(), offset=limit * found.design[name]
            )
            assert 2 * (found.llf - held.fit(tol=1e-12).llf) == pytest.approx(chi2, abs=1e-5)
    same(found.conf_int()[1] - found.params, normal * found.bse)
    same(found.conf_int(0.05)[1] - found.params, 1.959963984540054 * found.bse)


def fall(value: float, a: float, b: float, c: float, d: float) -> float:
    """Twice the fall of the log-likelihood of a table from its best, where the log odds ratio is
    held at a value.
    """
    cells, signs = np.array([a, b, c, d]), np.array([-1, 1, -1, 1])
    best = sum(
        one * np.log(one / (one + other)) for one, other in ((a, b), (b, a), (c, d), (d, c)) if one
    )
    held = np.array([value, value, 0, 0])
    return 2 * (
        best
        + optimize.minimize_scalar(
            lambda x: cells @ np.logaddexp(0, signs * (x + held)), (-1, 1)
        ).fun
    )


def test_beside_an_empty_cell_one_profile_limit_is_infinite_and_the_other_is_found():
    data = table(5, 0, 4, 6)
    with pytest.raises(mm.UsageError, match="no finite estimate") as raised:
        mm.fit_logistic(data, "y ~ g", "logit")
    assert raised.value.problems == ("g",)
    assert mm.fit_logistic(data, "y ~ g").method == "firth"
    design, event = np.column_stack([np.ones(15), data["g"]]), data["y"].to_numpy(float)
    with pytest.raises(ArithmeticError, match="do not converge"):
        likelihood.maximum_likelihood(design, event, 95)
    best = 4 * np.log(0.4) + 6 * np.log(0.6)  # reached as the coefficient goes to infinity
    far = likelihood.Maximum(np.array([np.log(4 / 6), 30.0]), np.diag([1.0, 100.0]), best)
    low, high, p_value = likelihood._profile(design, event, far, 1, 95)
    assert high == np.inf
    assert fall(low, 5, 0, 4, 6) == pytest.approx(QUANTILE, abs=1e-6)
    assert p_value == pytest.approx(stats.chi2.sf(fall(0, 5, 0, 4, 6), 1))


# ---- what enters, on a cohort


@pytest.mark.parametrize("outcome", ["involved_t1", "involved_t2", "continued"])
def test_the_rows_are_the_complete_cases(demo, outcome):
    model = "published_2023" if outcome == "involved_t2" else "protocol"
    demo = declaring(demo, few_events=0)
    rows, found = complete(demo, outcome, model), mm.fit_logistic(demo, model, outcome=outcome)
    assert (found.nobs, found.n_events) == (len(rows), (rows[outcome] == "Yes").sum())
    assert found.log()["n"].iloc[0] == demo.data[outcome].notna().sum() - len(rows)
    if outcome == "continued":
        assert {*demo.data.loc[found.design.index, "involved_t1"]} == {"Yes"}
    cells = found.tabulated().pivot(index=["variable", "level"], columns="group", values="n")
    counted = pd.crosstab(rows["dv_any"], rows[outcome])
    assert cells.loc[("dv_any", "Yes")].to_dict() == {
        "yes": counted.loc["Yes", "Yes"],
        "no": counted.loc["Yes", "No"],
    }
    assert (cells.groupby("variable").sum() == [found.nobs - found.n_events, found.n_events]).all(
        axis=None
    )


def test_variables_enter_as_the_study_codes_them(demo, fit):
    """Against years, points, fifths as they are numbered (1 the most deprived), and one column per
    merged level.
    """
    rows = complete(demo, "involved_t1")
    raw = pd.DataFrame({"Intercept": 1.0, "age_years": rows["age_years"]})
    merged = (
        rows["ethnicity"].astype(str).replace(["Asian", "Mixed or Other"], "Asian, Mixed or Other")
    )
    for level in ("White Other", "Black", "Asian, Mixed or Other"):
        raw[f"ethnicity[{level}]"] = merged == level
    raw["relationship[single]"] = rows["relationship"] == "single"
    for name in demo.study.terms("protocol", "involved_t1")[3:]:
        number = name in ("deprivation_quintile", "ctq_total")
        raw[name if number else f"{name}[Yes]"] = (
            rows[name].astype(float) if number else rows[name] == "Yes"
        )
    assert list(fit.params.index) == list(raw)
    alone = sm.Logit(rows["involved_t1"].astype(str).map(YES), raw.astype(float)).fit(disp=0)
    units = pd.Series(1.0, raw.columns)
    units[["age_years", "ctq_total", "deprivation_quintile"]] = 5, 10, -1
    same((fit.params / units / alone.params).iloc[1:], np.ones(13))
    assert {one.reference for one in fit.columns if one.level} == {"White British", "partner", "No"}


def test_unadjusted_estimates_are_of_each_variable_alone_on_the_same_rows(fit):
    for alone in fit.unadjusted:
        again = sm.Logit(fit.event, fit.design[[one.name for one in alone.columns]]).fit(disp=0)
        same([*alone.params, *alone.bse], [*again.params, *again.bse])
    frame = fit.to_frame()
    assert (frame[["n", "n_events"]] == [fit.nobs, fit.n_events]).all(axis=None)
    unadjusted = frame[frame["model"] == "unadjusted"].set_index("term")["estimate"]
    assert len(unadjusted) == 13 + 1  # and the joint test of ethnicity
    assert unadjusted["age_years"] != pytest.approx(fit.params["age_years"], rel=0.01)


def test_available_cases_are_each_variable_s_own_rows(demo):
    found = mm.available_case(declaring(demo, minimum_cell=1), "protocol")
    assert (found[["method", "model"]] == ["available_case", "unadjusted"]).all(axis=None)
    assert found["note"].tolist() == [
        "joint_test" if missing else "" for missing in found["estimate"].isna()
    ]
    assert found.loc[found["note"] == "joint_test", "term"].tolist() == ["ethnicity"]
    assert found[["profile_low", "profile_high", "profile_p"]].isna().all(axis=None)
    for name, own in found.groupby("variable"):
        rows = demo.data[["involved_t1", name]].dropna()
        assert (own[["n", "n_events"]] == [len(rows), (rows["involved_t1"] == "Yes").sum()]).all(
            axis=None
        )
    a, b, c, d = (
        pd.crosstab(demo.data["dv_any"], demo.data["involved_t1"])
        .loc[["Yes", "No"], ["Yes", "No"]]
        .stack()
    )
    ratio = found.set_index("variable").loc["dv_any", ["estimate", "std_error"]]
    same(ratio, [np.log(a * d / (b * c)), np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)])
    sparse = mm.available_case(
        declaring(demo, minimum_cell=10, below_minimum="replace"), "protocol"
    )
    said = sparse["note"] == "by_firth"
    assert sparse[said]["variable"].tolist() == ["schizophrenia", "learning_difficulties"]


def test_a_fit_is_written_with_the_columns_of_its_kind(fit):
    frame = fit.to_frame()
    assert list(frame.columns) == [*EVERY_KIND, *COLUMNS["estimates"]]
    assert {*frame["specification"], *frame["method"]} == {"protocol", "complete_case"}
    assert {*frame["m"].isna(), *fit.fmi.isna(), *fit.riv.isna(), *fit.mc_error.isna()} == {True}
    names = [name for name in fit.params.index if name.startswith("ethnicity")]
    chi2 = fit.params[names] @ np.linalg.inv(fit.cov_params().loc[names, names]) @ fit.params[names]
    joint = frame[frame["estimate"].isna()]
    assert (joint["model"] + joint["term"]).tolist() == ["unadjustedethnicity", "adjustedethnicity"]
    same(joint[["df", "p_value"]].iloc[1], [3, stats.chi2.sf(chi2, 3)])
    assert fit.wald_test("age_years").pvalue == pytest.approx(
        fit.pvalues["age_years"]
    )  # of one column, z squared
    assert np.isinf(fit.df).all()
    assert repr(fit).endswith(
        "n = 186, 57 with the outcome, 13 parameters, 4.4 events per parameter."
    )  # 57/13


def test_a_factor_of_a_formula_is_one_variable(demo):
    found = mm.fit_logistic(demo, "involved_t1 ~ age_years + ethnicity", "firth")
    assert [len(alone.columns) for alone in found.unadjusted] == [2, 5]  # with the constant
    assert found.wald_test("ethnicity").df == 4


# ---- small cells and empty levels

BELOW = {"beside": ("logit", "logit"), "replace": ("logit", "firth"), "stop": ()}
SMALL = ("schizophrenia 'Yes'", "learning_difficulties 'Yes'")  # 3 without the outcome, 4 with it


@pytest.mark.parametrize(("minimum", "small"), [(3, ()), (4, SMALL[:1]), (5, SMALL)])
def test_a_cell_below_the_minimum_does_what_the_study_says(demo, minimum, small):
    rules = {rule: declaring(demo, minimum_cell=minimum, below_minimum=rule) for rule in BELOW}
    for method in (None, "firth", "logit") if small else ():
        with pytest.raises(
            mm.UsageError, match=f"fewer than {minimum} mother-infant dyads"
        ) as raised:
            mm.fit_logistic(rules["stop"], "protocol", method)
        assert raised.value.problems == small
        assert {*re.findall(r"\d+", str(raised.value))} == {str(minimum)}  # no count, no id
    beside = mm.fit_logistic(rules["beside"], "protocol")
    assert {each.method for each in (beside, *beside.unadjusted)} == {"logit"}
    assert (beside.standing, beside.beside) == ("planned", "firth" if small else None)
    replaced = mm.fit_logistic(rules["replace"], "protocol")
    assert {each.method for each in (replaced, *replaced.unadjusted)} == {
        BELOW["replace"][bool(small)]
    }
    assert replaced.standing == ("small_cells" if small else "planned")
    for found in (beside, replaced):
        said = [
            f"{each.variable} '{each.level}' {each.n:g}"
            for each in found.done
            if each.code == "small_cell"
        ]
        assert said == [f"{name} {n}" for name, n in zip(small, (3, 4), strict=False)]
        # a small cell is no reason to refuse what has a maximum
    for rule in ("beside", "replace"):
        assert mm.fit_logistic(rules[rule], "protocol", "logit").method == "logit"


def test_levels_are_put_together_and_it_is_said_or_each_enters_on_its_own(demo):
    cohort = declaring(demo, minimum_cell=2, below_minimum="stop", clustered_in="")
    with pytest.raises(mm.UsageError) as raised:
        mm.fit_logistic(cohort, "all_levels")
    assert raised.value.problems == ("ethnicity 'Mixed or Other'",)  # 1 involved
    merged = complete(demo, "involved_t1")["ethnicity"].isin(["Asian", "Mixed or Other"]).sum()
    assert mm.fit_logistic(cohort, "protocol").done[1:] == (
        Happened("put_together", "ethnicity", "Asian, Mixed or Other", merged),
    )
    found = mm.fit_logistic(declaring(demo, minimum_cell=1, clustered_in=""), "all_levels")
    assert (found.method, found.parameters, len(found.done)) == (
        "logit",
        1 + 4 + 1 + 4 + 4 + 1 + 2,
        1,
    )
    levels = [
        one.level for one in found.columns if one.variable in ("ethnicity", "deprivation_quintile")
    ]
    fifths = [
        level
        for level in "12345"
        if level != demo.study.coding("all_levels", "deprivation_quintile").reference
    ]
    assert levels == ["White Other", "Black", "Asian", "Mixed or Other", *fifths]


def test_levels_of_a_linear_variable_are_no_cells(demo):
    """One dyad of the fifth fifth has the outcome; the fifths enter as one step each."""
    rows = complete(demo, "involved_t2")
    assert ((rows["deprivation_quintile"] == "5") & (rows["involved_t2"] == "Yes")).sum() == 1
    strict = declaring(demo, minimum_cell=2, below_minimum="stop")
    assert mm.fit_logistic(strict, "protocol", outcome="involved_t2").method == "logit"
    merged = declaring(strict, few_events=0)
    with pytest.raises(mm.UsageError) as raised:  # there each fifth stands alone
        mm.fit_logistic(merged, "all_levels", outcome="involved_t2")
    assert "deprivation_quintile '5'" in raised.value.problems


def test_a_level_of_nobody_is_left_out_and_said(demo):
    level = demo.data["ethnicity"].astype(object)
    cohort = planted(demo, ethnicity=level.replace("White Other", "White British"))
    found = mm.fit_logistic(declaring(cohort, minimum_cell=1), "protocol")
    (gone,) = (one for one in found.done if one.code == "nobody_has_level")
    assert (gone.variable, gone.level) == ("ethnicity", "White Other")
    assert np.isnan(gone.n)  # it met nobody
    assert (found.method, found.parameters) == ("logit", 12)
    same(found.params, sm.Logit(found.event, found.design).fit(disp=0).params)
    nobody = planted(demo, ethnicity=level.replace("White British", "White Other"))
    without_reference = mm.fit_logistic(nobody, "protocol")
    why = "No model is fitted: among its rows a column follows from those before it"
    assert str(without_reference) == f"{why}: ethnicity[Asian, Mixed or Other]."
