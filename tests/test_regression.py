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
    assert [re.sub(r"\[T\.|\]|\(|\)", "", name) for name in found.params.index] == [
        t.strip("()") for t in case["terms"]
    ]
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
    last = [case["coef"][-1], case["se"][-1], case["wald_ci"][-1][0], case["profile_ci"][-1][1]]
    same(frame[["estimate", "std_error", "conf_low", "profile_high"]].iloc[-1], last)


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
            others, offset = found.design.drop(columns=name), limit * found.design[name]
            held = sm.GLM(found.event, others, sm.families.Binomial(), offset=offset).fit(tol=1e-12)
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
    counted = pd.crosstab(rows["dv_any"], rows[outcome]).loc[["Yes", "No"], ["Yes", "No"]]
    assert (cells.loc["dv_any"].loc[["Yes", "No"], ["yes", "no"]].to_numpy() == counted.to_numpy()).all()
    assert (cells.groupby("variable").sum() == [found.nobs - found.n_events, found.n_events]).all(axis=None)


def test_variables_enter_as_the_study_codes_them(demo, fit):
    design, event = by_hand(complete(demo, "involved_t1"), "involved_t1")
    raw = sm.Logit(event, sm.add_constant(design)).fit(disp=0).params.drop("const")
    units = pd.Series({**dict.fromkeys(raw.index, 1.0), "age_years": 5, "ctq_total": 10, "deprivation_quintile": -1})
    assert list(fit.params.index) == ["Intercept", *raw.index]
    same(fit.params.drop("Intercept"), raw * units)
    beside = {one.variable: one.reference for one in fit.columns if one.level}
    assert (beside.pop("ethnicity"), beside.pop("relationship"), {*beside.values()}) == (
        "White British",
        "partner",
        {"No"},
    )
    assert set(fit.design["deprivation_quintile"]) == {0, 1, 2, 3, 4}


def test_unadjusted_estimates_are_of_each_variable_alone_on_the_same_rows(fit, demo):
    assert len(fit.unadjusted) == 11
    for alone in fit.unadjusted:
        names = [one.name for one in alone.columns]
        again = sm.Logit(fit.event, fit.design[names]).fit(disp=0)
        same(alone.params, again.params)
        same(alone.bse, again.bse)
    frame = fit.to_frame()
    assert set(frame["n"]) == {fit.nobs}
    assert set(frame["n_events"]) == {fit.n_events}
    assert (frame["model"] == "unadjusted").sum() == 13 + 1  # and the joint test of ethnicity
    age = frame.query("model == 'unadjusted' and term == 'age_years'")["estimate"].item()
    assert age != pytest.approx(fit.params["age_years"], rel=0.01)


def test_available_cases_are_each_variable_s_own_rows(demo):
    found = mm.available_case(declaring(demo, {"minimum_cell": 1}), "protocol")
    assert list(found.columns) == [*EVERY_KIND, *COLUMNS["estimates"]]
    assert set(found["method"]) == {"available_case"}
    assert set(found["model"]) == {"unadjusted"}
    assert found[["profile_low", "profile_high", "profile_p"]].isna().all(axis=None)
    for name in demo.study.terms("protocol", "involved_t1"):
        rows = demo.data[["involved_t1", name]].dropna()
        own = found[found["variable"] == name]
        assert set(own["n"]) == {len(rows)}
        assert set(own["n_events"]) == {(rows["involved_t1"] == "Yes").sum()}
    a, b, c, d = (
        ((demo.data["dv_any"] == one) & (demo.data["involved_t1"] == other)).sum() for one in YES for other in YES
    )
    ratio = found.set_index("variable").loc["dv_any"]
    same([ratio["estimate"], ratio["std_error"]], [np.log(a * d / (b * c)), np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)])
    assert found["note"].eq("").all()
    sparse = mm.available_case(demo, "protocol").query("note != ''")  # 3 of 15 with schizophrenia are not involved
    assert set(sparse["note"]) == {"by Firth's method: a cell is below the minimum"}


def test_a_fit_is_written_with_the_columns_of_its_kind(fit):
    frame = fit.to_frame()
    assert list(frame.columns) == [*EVERY_KIND, *COLUMNS["estimates"]]
    assert frame["m"].isna().all()
    assert set(frame["specification"]) == {"protocol"}
    assert set(frame["method"]) == {"complete_case"}
    joint = frame[frame["estimate"].isna()]
    assert joint["term"].tolist() == ["ethnicity", "ethnicity"]
    names = [name for name in fit.params.index if name.startswith("ethnicity")]
    part, block = fit.params[names], fit.cov_params().loc[names, names]
    chi2 = part @ np.linalg.inv(block) @ part
    same(joint[["df", "p_value"]].iloc[1], [3, logistic.stats.chi2.sf(chi2, 3)])
    assert fit.wald_test("ethnicity").statistic == pytest.approx(chi2)
    assert fit.wald_test("age_years").pvalue == pytest.approx(fit.pvalues["age_years"])  # one column: the square of z
    with pytest.raises(mm.UsageError, match="no term 'ethnicty'; did you mean 'ethnicity'"):
        fit.wald_test("ethnicty")
    assert np.isinf(fit.df).all()
    assert pd.concat([fit.fmi, fit.riv, fit.mc_error]).isna().all()
    assert fit.events_per_parameter == 57 / 13
    assert repr(fit).endswith("n = 186, 57 with the outcome, 13 parameters, 4.4 events per parameter.")


# ---- small cells, empty levels, separation

SCHIZOPHRENIA, LEARNING = "schizophrenia 'Yes'", "learning_difficulties 'Yes'"


@pytest.mark.parametrize(
    ("minimum", "small"), [(3, ()), (4, (SCHIZOPHRENIA,)), (5, (SCHIZOPHRENIA, LEARNING))]
)  # 3 with schizophrenia are not involved, 4 with learning difficulties are
def test_a_cell_below_the_minimum_stops_the_model_or_makes_it_firth_s(demo, minimum, small):
    assert (
        pd.crosstab(*[complete(demo, "involved_t1")[name] for name in ("schizophrenia", "involved_t1")]).min().min()
        == 3
    )
    stop, firth = (declaring(demo, {"minimum_cell": minimum, "below_minimum": rule}) for rule in ("stop", "firth"))
    if not small:
        assert mm.fit_logistic(stop, "protocol").method == "logit"
        return
    for cohort, method in ((stop, None), (stop, "firth"), (firth, "logit")):
        with pytest.raises(mm.UsageError, match=f"fewer than {minimum} mother-infant dyads") as raised:
            mm.fit_logistic(cohort, "protocol", method)
        assert raised.value.problems == small
        assert set(re.findall(r"\d+", str(raised.value))) == {str(minimum)}  # no count, no id
        assert ("leave method out" in str(raised.value)) == (method == "logit")
    found = mm.fit_logistic(firth, "protocol")
    assert found.method == "firth"
    said = found.events().query("event.str.startswith('Firth')")
    assert [f"{row.variable} '{row.event.split(': ')[1]}'" for row in said.itertuples()] == list(small)
    assert said["n"].tolist() == [3, 4][: len(small)]
    assert {alone.method for alone in found.unadjusted} == {"firth"}


def test_levels_that_are_put_together_pass_and_say_so(demo):
    cohort = declaring(demo, {"minimum_cell": 2, "below_minimum": "stop"})
    with pytest.raises(mm.UsageError) as raised:
        mm.fit_logistic(cohort, "all_levels")  # 1 of "Mixed or Other" is involved
    assert raised.value.problems == ("ethnicity 'Mixed or Other'",)
    found = mm.fit_logistic(cohort, "protocol")
    together = complete(demo, "involved_t1")["ethnicity"].isin(["Asian", "Mixed or Other"]).sum()
    assert ("ethnicity", "levels put together: Asian, Mixed or Other", together) in found.done
    assert not any("put together" in said for _, said, _ in mm.fit_logistic(demo, "all_levels").done)


def test_every_level_can_enter_on_its_own(demo):
    found = mm.fit_logistic(demo, "all_levels")
    assert found.parameters == 17 == 1 + 4 + 1 + 4 + 7  # age and CTQ among the 1 + 7
    levels = [one.level for one in found.columns if one.variable in ("ethnicity", "deprivation_quintile")]
    assert levels == ["White Other", "Black", "Asian", "Mixed or Other", "1", "2", "3", "4"]
    assert {one.reference for one in found.columns if one.variable == "deprivation_quintile"} == {"5"}


def test_steps_of_a_linear_variable_are_tabulated_but_stop_nothing(demo):
    cells = mm.fit_logistic(demo, "protocol", outcome="involved_t2").cells.set_index(["variable", "level"])
    assert cells.loc[("deprivation_quintile", "5"), "yes"] == 1
    for model, stopped in (("protocol", False), ("all_levels", True)):
        cohort = declaring(demo, {"below_minimum": "stop"})
        with pytest.raises(mm.UsageError) as raised:
            mm.fit_logistic(cohort, model, outcome="involved_t2")
        assert any("deprivation_quintile" in said for said in raised.value.problems) == stopped


def test_a_level_of_nobody_is_left_out_and_said(demo):
    other = demo.data["ethnicity"].astype(object)
    cohort = declaring(planted(demo, ethnicity=other.replace("White Other", "White British")), {"minimum_cell": 1})
    found = mm.fit_logistic(cohort, "protocol")
    assert ("ethnicity", "left out, because nobody has the level: White Other", 0) in found.done
    assert "ethnicity[White Other]" not in found.params
    assert found.method == "logit"
    assert found.cells.set_index("level").loc["White Other", ["yes", "no"]].tolist() == [0, 0]
    same(found.params, sm.Logit(found.event, found.design).fit(disp=0).params)
    nobody = planted(demo, ethnicity=other.replace("White British", "White Other"))
    with pytest.raises(mm.UsageError, match="follows from those before it") as raised:  # the reference
        mm.fit_logistic(nobody, "protocol")
    assert raised.value.problems == ("ethnicity[Asian, Mixed or Other]",)


def test_separated_and_dependent_columns_are_refused_by_name(demo):
    data = pd.DataFrame({"x": np.arange(20.0), "z": [0, 1, 1, 0] * 5, "y": [0] * 10 + [1] * 10})
    with pytest.raises(mm.UsageError, match="separated.*no finite estimate") as raised:
        mm.fit_logistic(data, "y ~ x")
    assert "x" in raised.value.problems
    found = mm.fit_logistic(data, "y ~ x + z", "firth")
    assert np.isfinite([*found.params, *found.bse, *found.llf * np.ones(1)]).all()
    with pytest.raises(mm.UsageError, match="follows from those before it") as raised:
        mm.fit_logistic(births(), "low ~ smoke + age + I(1 - smoke)")
    assert raised.value.problems == ("I(1 - smoke)",)
    cohort = planted(demo, ctq_total=25 + demo.data["age_years"].astype(float))
    with pytest.raises(mm.UsageError, match="follows from those before it") as raised:
        mm.fit_logistic(cohort, "protocol")
    assert raised.value.problems == ("ctq_total",)
    said = mm.fit_logistic(demo, "protocol", outcome="continued").events()  # 0 of 7, counted in the complete cases
    assert said["event"].iloc[-1].startswith("separated, so without Firth's method its estimate is infinite: Asian")


# ---- what is refused


@pytest.mark.parametrize("answer", ["Yes", "No"])
def test_an_outcome_of_nobody_or_everybody_is_refused(demo, answer):
    with pytest.raises(mm.UsageError, match="among 186 complete cases, nobody or everybody has the outcome"):
        mm.fit_logistic(
            planted(demo, involved_t1=demo.data["involved_t1"].astype(object).replace(list(YES), answer)), "protocol"
        )
    with pytest.raises(mm.UsageError, match="nobody or everybody has the outcome"):
        mm.fit_logistic(births().assign(low=int(answer == "Yes")), "low ~ age")


REFUSED = [
    (("protokol",), "no model 'protokol'; did you mean 'protocol'"),
    (("protocol", "probit"), "method is logit, firth, or left out"),
    (("involved_t1 ~ age_year",), "no variable 'age_year'; did you mean 'age_years'"),
    (("involved ~ age_years",), "no outcome 'involved'"),
    (("involved_t1 ~ age_years +",), "the formula cannot be read"),
    (("involved_t1 ~ age_years + readmitted_1y",), "'readmitted_1y' was recorded after involved_t1"),
    (("involved_t1 ~ involved_t2",), "'involved_t2' was recorded after involved_t1"),
    (("involved_t1 ~ safeguarding_t1",), "'safeguarding_t1' is made from what involved_t1 is made from"),
    (("continued ~ involved_t1",), "'involved_t1' is made from what continued is made from"),
    (("involved_t1 ~ dyad_id",), "'dyad_id' has no timepoint, so it could have been recorded after involved_t1"),
]


@pytest.mark.parametrize(("asked", "said"), REFUSED, ids=[str(asked) for asked, _ in REFUSED])
def test_what_cannot_be_fitted_is_refused(demo, asked, said):
    with pytest.raises(mm.UsageError) as raised:
        mm.fit_logistic(demo, *asked)
    assert said in str(raised.value)


def test_other_calls_that_cannot_be_answered_say_why(demo):
    for wrong, said in (
        (lambda: mm.fit_logistic(demo, "protocol", outcome="involved_t3"), "no outcome 'involved_t3'"),
        (lambda: mm.available_case(demo, "protocol", "involved_t3"), "no outcome 'involved_t3'"),
        (lambda: mm.fit_logistic(mm.demo_cohort("esmi"), "protocol"), "call mm.derive"),
        (lambda: mm.fit_logistic([1, 2], "y ~ x"), "needs a cohort"),
        (lambda: mm.fit_logistic(births(), "low"), "model is a formula"),
        (lambda: mm.fit_logistic(births(), "low ~ agee"), "the formula cannot be read"),
        (lambda: mm.fit_logistic(births(), "ftv ~ age"), "must be 0 or 1"),
        (lambda: mm.fit_logistic(births(), "low ~ age").events(), "only one of a cohort"),
    ):
        with pytest.raises(mm.UsageError, match=re.escape(said)):
            wrong()


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("readmitted_1y", "was recorded after this outcome"),
        ("cpp_t1", "is made from safeguarding_t1, as this outcome is"),
    ],
)
def test_a_study_whose_model_explains_by_what_comes_after_is_not_read(esmi, tmp_path, term, said):
    folder = tmp_path / "esmi"
    shutil.copytree(esmi.folder, folder)
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("      involved_t1: [age_years, ethnicity", f"      involved_t1: [{term}, age_years, ethnicity"),
        ("coding:\n  age_years:", 'coding:\n  cpp_t1: {reference: "No"}\n  age_years:'),
        (
            "variables: [admissions_2y, personality_disorder, p",
            "variables: [cpp_t1, admissions_2y, personality_disorder, p",
        ),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(mm.StudyError) as raised:
        read_study("esmi", folder)
    assert f"models.protocol.involved_t1: '{term}' {said}" in str(raised.value)


def test_what_was_recorded_between_the_timepoints_has_a_note(demo):
    frame = mm.fit_logistic(demo, "published_2023", outcome="involved_t2").to_frame()
    noted = frame[frame["note"] != ""]
    assert set(noted["variable"]) == {"readmitted_1y"}
    assert noted["model"].tolist() == ["unadjusted", "adjusted"]
    assert set(noted["note"]) == {"recorded between the timepoints, after timepoint 1"}
    assert mm.fit_logistic(demo, "involved_t2 ~ readmitted_1y").timepoint == 2


def test_a_formula_on_a_cohort_is_that_on_its_rows(demo):
    found = mm.fit_logistic(demo, "involved_t1 ~ age_years + ctq_total + dv_any")
    rows = demo.data[["involved_t1", "age_years", "ctq_total", "dv_any"]].dropna()
    numbers = rows.assign(y=rows["involved_t1"].map(YES), dv=rows["dv_any"] == "No")[
        ["y", "age_years", "ctq_total", "dv"]
    ]
    plain = mm.fit_logistic(numbers.astype(float), "y ~ age_years + ctq_total + dv")
    same(found.params.sort_values(), plain.params.sort_values())
    assert set(found.to_frame()["specification"]) == {"formula"}


def test_the_study_s_standard_error_of_firth_is_used(demo):
    ordinary, augmented = (
        mm.fit_logistic(declaring(demo, {"firth_std_error": kind}), "protocol") for kind in ("information", "augmented")
    )
    same(ordinary.params, augmented.params)
    assert (augmented.bse < ordinary.bse).all()
    rows = (ordinary.design.to_numpy(), ordinary.event.to_numpy(), 95)
    for found, kind in ((ordinary, False), (augmented, True)):
        same(found.cov_params(), logistic.firth(*rows, augmented=kind, profile=False).covariance)


# ---- the lock


def locked(cohort: mm.Cohort, drop: str = "", add: str = "") -> mm.Cohort:
    terms = [t for t in cohort.study.terms("protocol", "involved_t1") if t != drop] + [add] * bool(add)
    lock = Lock(locked_on="2024-05-01", agreed_with="the group", model="protocol", terms={"involved_t1": tuple(terms)})
    return declaring(cohort, lock=lock)


@pytest.fixture
def restricted(demo) -> mm.Cohort:
    return replace(demo, source=replace(demo.source, kind="restricted"))


def words(figure: mm.Figure) -> str:
    return " ".join(text.get_text() for text in figure.drawn.findobj(Text))


@pytest.mark.parametrize(
    "made", [lambda c: mm.fit_logistic(c, "protocol").to_frame(), lambda c: mm.available_case(c, "protocol")]
)
def test_restricted_estimates_are_exploratory_until_the_lock(demo, restricted, made):
    frame = made(restricted)
    assert frame["note"].str.startswith(NOT_LOCKED).all()
    for cohort in (demo, locked(restricted)):
        assert not made(cohort)["note"].str.contains("LOCKED").any()


def test_the_table_and_the_figure_say_it_of_every_estimate(demo, restricted):
    frame = mm.fit_logistic(restricted, "protocol").to_frame()
    table, figure = mm.odds_ratios(frame), mm.forest(frame)
    assert table.caption.startswith(NOT_LOCKED)
    rows = [row for section in table.sections for row in section.rows]
    estimates = [row for row in rows if any(cell.numbers and "ratio" in cell.numbers for cell in row.cells)]
    assert len(estimates) == 13
    assert {row.cells[-1].pattern for row in estimates} == {NOT_LOCKED}
    assert words(figure).count(NOT_LOCKED) == 13 + 1
    assert NOT_LOCKED in figure.alt
    for cohort in (demo, locked(restricted)):
        frame = mm.fit_logistic(cohort, "protocol").to_frame()
        figure = mm.forest(frame)
        assert "LOCKED" not in mm.odds_ratios(frame).to_html() + words(figure) + figure.alt


def changes(cohort: mm.Cohort) -> list[tuple[str, ...]]:
    table = mm.overview(cohort.study, "deviations")
    rows = [(row.label, *(cell.pattern for cell in row.cells)) for part in table.sections for row in part.rows]
    return [row for row in rows if "lock" in row[1]]


def test_a_list_that_was_changed_after_the_lock_is_a_deviation(demo):
    title = demo.study.label("involved_t1")
    (row, *models) = changes(locked(demo, drop="dv_any", add="readmitted_1y"))
    said = "added Domestic abuse (CAS at or above the cut-off); left out " + demo.study.label("readmitted_1y")
    who = "The list agreed with the group was changed: "
    assert row == (title, "changed after the lock", "after 2024-05-01", who + said)
    assert changes(locked(demo)) == models
    assert changes(demo) == []
    late = {
        demo.study.file.models[name].title
        for name in demo.study.file.models
        if name not in ("protocol", "published_2023")
    }
    assert {label for label, *_ in models} == late  # of 2026; published_2023 is before the lock
    assert {kind for _, kind, *_ in models} == {"declared after the lock; departs from protocol"}
