"""Pooled fits: every number from fits of statsmodels or firthmodels, and Rubin's rules by hand
(by_hand.py).
"""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from firthmodels import FirthLogisticRegression
from scipy.special import expit

import mothers_margins as mm
from mothers_margins.cohort.design_columns import coded
from mothers_margins.errors import UsageError
from mothers_margins.imputation import chained
from mothers_margins.results.results import COLUMNS, codes
from tests.by_hand import d1, emptied, part, planned, rubin, ruled, said, same
from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "tests" / "data" / "reference"


def imputed(cohort: mm.Cohort, *args, **kwargs) -> mm.Imputed:
    return mm.impute(cohort, *args, **({"m": 3, "burnin": 2, "progress": False} | kwargs))


@pytest.fixture(scope="module")
def first(imputed_demo) -> mm.Imputed:
    return imputed_demo


@pytest.fixture(scope="module")
def fit(first) -> mm.PooledFit:
    return mm.fit_logistic(first, "protocol")


def designs(
    found: mm.Imputed, model: str = "protocol", only: str = ""
) -> list[tuple[pd.DataFrame, pd.Series]]:
    """Constant and columns of a model in every completed cohort, by the study's coding."""
    made = []
    for i in range(1, found.m + 1):
        one = found.complete(i)
        columns: dict[str, pd.Series] = {"Intercept": pd.Series(1.0, one.data.index)}
        for term in found.cohort.study.terms(model, found.outcome):
            for (name, level), values in coded(one.study, one.data, term).items():
                if only in ("", name):
                    columns[f"{name}[{level}]" if level else name] = values
        made.append((pd.DataFrame(columns), (one.data[found.outcome] == "Yes").astype(float)))
    return made


def by_statsmodels(found: mm.Imputed, **kwargs) -> tuple[np.ndarray, np.ndarray]:
    each = [sm.Logit(y, x).fit(disp=False, tol=1e-12) for x, y in designs(found, **kwargs)]
    return np.array([one.params for one in each]), np.array([one.cov_params() for one in each])


def check(
    found: mm.PooledFit, estimates: np.ndarray, covariances: np.ndarray, df_complete: float = np.inf
) -> None:
    """Every number of a pooled fit against Rubin's rules by hand."""
    limits = found.conf_int()
    for k, name in enumerate(found.params.index):
        hand = rubin(estimates[:, k], covariances[:, k, k], df_complete)
        ours = {
            "estimate": found.params,
            "std_error": found.bse,
            "df": found.df,
            "riv": found.riv,
            "fmi": found.fmi,
        }
        ours |= {
            "conf_low": limits[0],
            "conf_high": limits[1],
            "mc_error": found.mc_error,
            "p_value": found.pvalues,
        }
        for what, values in ours.items():
            same(values[name], hand[what], 1e-8 if what == "df" else 1e-9)


# ---- a cohort


def test_every_number_is_that_of_statsmodels_and_rubin(fit, first):
    estimates, covariances = by_statsmodels(first)
    assert list(fit.params.index) == list(designs(first)[0][0])
    assert (fit.nobs, fit.n_events, fit.m, fit.method) == (278, 99, 4, "logit")
    check(fit, estimates, covariances)
    between = np.cov(estimates.T)
    same(fit.cov_params(), covariances.mean(axis=0) + 1.25 * between, 1e-8)
    narrow = fit.conf_int(0.5)
    assert (narrow[0] > fit.conf_int()[0]).all()
    assert fit.fmi["ctq_total"] > fit.fmi["age_years"]
    assert fit.bse["dv_any[Yes]"] > 0


def test_barnard_and_rubins_degrees_of_freedom(demo):
    found = imputed(planned(demo, df_rule="barnard-rubin"))
    fit = mm.fit_logistic(found, "protocol")
    check(fit, *by_statsmodels(found), df_complete=278 - 14)
    assert (fit.df < 264).all()
    alone = next(one for one in fit.unadjusted if one.columns[1].variable == "dv_any")
    check(alone, *by_statsmodels(found, only="dv_any"), df_complete=278 - 2)
    assert {*fit.to_frame()["note"]} == {"", "joint_test"}  # the plan's own rule is not said
    other = mm.pool(fit.fits)
    assert other.pooled.df_rule == "rubin"
    assert all("df_rubin" in codes(row) for row in other.to_frame().to_dict("records"))
    again = mm.pool(mm.fit_logistic(imputed(demo), "protocol").fits, df_rule="barnard-rubin")
    same(again.df, fit.df)
    assert all("df_barnard_rubin" in codes(row) for row in again.to_frame().to_dict("records"))


def test_the_joint_test_is_d1(fit, first):
    estimates, covariances = by_statsmodels(first)
    for term in ("ethnicity", "dv_any"):
        at = [k for k, one in enumerate(fit.columns) if one.variable == term]
        hand = d1(estimates[:, at], covariances[np.ix_(range(4), at, at)])
        ours = fit.wald_test(term)
        same([ours.statistic, ours.df2, ours.pvalue], [*hand.values()], 1e-7)
        assert ours.df == ours.df1 == len(at)
    same(fit.wald_test("age_years").pvalue, fit.wald_test("age_years").pvalue)
    with pytest.raises(UsageError, match="wald_test"):
        fit.wald_test("age")


def test_unadjusted_ones_are_pooled_alone(fit, first):
    assert [one.columns[1].variable for one in fit.unadjusted] == list(
        first.cohort.study.terms("protocol", "involved_t1")
    )
    for one in fit.unadjusted[:1] + fit.unadjusted[-3:]:
        check(one, *by_statsmodels(first, only=one.columns[1].variable))


def test_the_frame(fit):
    frame = fit.to_frame()
    assert {*COLUMNS["estimates"]} <= {*frame}
    assert (frame["method"] == "imputed").all()
    assert (frame["specification"] == "protocol").all()
    adjusted = frame[frame["model"] == "adjusted"].set_index("term")
    assert len(adjusted) == 15
    assert len(frame) == 15 + 14
    joint = adjusted.loc["ethnicity"]
    assert np.isnan(joint["estimate"])
    assert joint["df"] == 3
    assert joint["p_value"] == fit.wald_test("ethnicity").pvalue
    rest = adjusted.drop("ethnicity")
    limits = fit.conf_int()
    for column, values in {
        "estimate": fit.params, "std_error": fit.bse, "p_value": fit.pvalues, "df": fit.df,
        "fmi": fit.fmi, "mc_error": fit.mc_error, "conf_low": limits[0], "conf_high": limits[1],
    }.items():  # fmt: skip
        same(rest[column], values)
    assert (rest["m"] == 4).all()
    assert (rest["n"] == 278).all()
    assert (rest["n_events"] == 99).all()
    assert rest["profile_low"].isna().all()
    assert frame["note"].tolist() == [
        "joint_test" if missing else "" for missing in frame["estimate"].isna()
    ]
    assert frame.about.lock == ""


def test_restricted_data_say_not_locked(first, tmp_path):
    own = replace(
        first, cohort=replace(first.cohort, source=replace(first.cohort.source, kind="restricted"))
    )
    frame = mm.fit_logistic(own, "protocol").to_frame()
    assert frame.about.lock == "open"
    assert frame.about.marks == ("NOT LOCKED: exploratory",)
    mm.save(frame, "estimates")
    folder = tmp_path / "out" / "internal" / "esmi"
    assert (
        pd.read_csv(folder / "estimates.csv")["note"]
        .str.startswith("NOT LOCKED: exploratory")
        .all()
    )
    assert json.loads((folder / "estimates.json").read_text(encoding="utf-8"))["lock"] == "open"


def test_cells_are_means_over_the_imputations(fit, first):
    cells = fit.tabulated()
    row = cells[(cells["variable"] == "dv_any") & (cells["level"] == "Yes")].set_index("group")["n"]
    yes = [
        (one.data["dv_any"] == "Yes") & (one.data["involved_t1"] == "Yes")
        for one in map(first.complete, range(1, 5))
    ]
    same(row["yes"], np.mean([one.sum() for one in yes]))
    assert (
        cells.groupby(["variable", "group"], observed=True)["n"].sum().unstack() == [179, 99]
    ).all(axis=None)


def test_the_first_k_are_a_run_of_k(demo, fit):
    small = mm.fit_logistic(imputed(demo, m=3, burnin=5), "protocol")
    cut = fit.first(3)
    for what in ("params", "bse", "df", "pvalues", "fmi"):
        pd.testing.assert_series_equal(getattr(small, what), getattr(cut, what), check_exact=True)
    pd.testing.assert_frame_equal(pd.DataFrame(small.to_frame()), pd.DataFrame(cut.to_frame()))


def test_one_imputation_is_a_fit_of_it(demo):
    found = imputed(demo, m=1)
    fit, (single,) = mm.fit_logistic(found, "protocol"), mm.fit_logistic(found, "protocol").fits
    same(fit.params, single.params)
    same(fit.bse, single.bse)
    same(fit.pvalues, single.pvalues)
    same(fit.conf_int(), single.conf_int())
    assert np.isinf(fit.df).all()
    assert fit.mc_error.isna().all()
    same(fit.wald_test("ethnicity").pvalue, single.wald_test("ethnicity").pvalue)


def test_another_model_of_the_same_run(first):
    """Its composite is made of the same imputed parts."""
    for model in ("abuse_cut_off_7", "honos_threshold_1"):
        assert mm.fit_logistic(first, model).nobs == 278
    seven = mm.fit_logistic(first, "abuse_cut_off_7")
    check(seven, *by_statsmodels(first, model="abuse_cut_off_7"))
    left_out = mm.fit_logistic(first, "ever_related_only")
    assert left_out.nobs == 265
    assert left_out.log().set_index("event")["n"]["not_concerned"] == 13
    formula = mm.fit_logistic(first, "involved_t1 ~ age_years + ctq_total")
    hand = [sm.Logit(y, x * [1, 5, 10]).fit(disp=0) for x, y in (
        (x[["Intercept", "age_years", "ctq_total"]], y) for x, y in designs(first))]  # fmt: skip
    same(formula.params, np.mean([one.params for one in hand], axis=0), 1e-7)


# ---- a data frame, and fits of others


@pytest.fixture(scope="module")
def births():
    frame = pd.read_csv(FOLDER / "birthwt_holes.csv")[["low", "age", "lwt", "smoke", "race"]]
    frame["race"] = pd.Categorical(frame["race"], ["white", "black", "other"])
    return chained(
        frame.astype({"smoke": "Int64"}),
        {"lwt": "pmm", "race": "mlogit", "smoke": "logit"},
        m=4,
        seed=3,
    )


FORMULA = "low ~ age + lwt + smoke + race"


def test_imputations_of_a_data_frame(births):
    fit = mm.fit_logistic(births, FORMULA)
    models = []
    for i in range(1, 5):
        one = births.complete(i)
        x = pd.DataFrame(
            {"c": 1.0, "age": one["age"], "lwt": one["lwt"], "smoke": one["smoke"].astype(float)}
        )
        x = x.assign(black=(one["race"] == "black") * 1.0, other=(one["race"] == "other") * 1.0)
        models.append(sm.Logit(one["low"], x).fit(disp=False, tol=1e-12))
    estimates = np.array([one.params for one in models])
    covariances = np.array([one.cov_params() for one in models])
    check(fit, estimates, covariances)
    pooled = mm.pool(models)
    check(pooled, estimates, covariances)
    check(mm.pool(models, "barnard-rubin"), estimates, covariances, df_complete=189 - 6)
    again = mm.pool(
        [mm.fit_logistic(births.complete(i), FORMULA) for i in range(1, 5)], "barnard-rubin"
    )
    check(again, estimates, covariances, df_complete=189 - 6)
    assert len(fit.unadjusted) == 4
    assert (fit.to_frame()["specification"] == "formula").all()


def test_refused(births, first, fit, demo):
    each = [mm.fit_logistic(births.complete(i), FORMULA) for i in (1, 2)]
    other = mm.fit_logistic(births.complete(2), "low ~ age + lwt")
    fewer = mm.fit_logistic(births.complete(2)[:-1], FORMULA)
    firth = mm.fit_logistic(births.complete(2), FORMULA, "firth")
    ols = sm.OLS(births.complete(1)["low"], np.ones((189, 1))).fit()
    for wrong in ([], [each[0], other], [each[0], fewer], [each[0], firth], [1, 2], [ols, each[0]]):
        with pytest.raises(UsageError, match="pool"):
            mm.pool(wrong)
    with pytest.raises(UsageError, match="df_rule"):
        mm.pool(each, "satterthwaite")
    for call, words in (
        (
            lambda: mm.fit_logistic(first, "protocol", outcome="involved_t2"),
            "these imputations are for involved_t1",
        ),
        (
            lambda: mm.fit_logistic(first, "involved_t2 ~ age_years"),
            "which the formula must have left",
        ),
        (lambda: mm.fit_logistic(first, "primary_only"), "personality_disorder_primary"),
        (
            lambda: mm.fit_logistic(imputed(demo, composites="direct", m=1), "abuse_cut_off_7"),
            "dv_any_7",
        ),
        (lambda: mm.fit_logistic(first, "protocol", "logit", outcome=3), "names"),
        (
            lambda: mm.pool([fit.fits[0], mm.fit_logistic(first, "abuse_cut_off_7").fits[1]]),
            "differ",
        ),
    ):
        with pytest.raises(UsageError, match=words):
            call()


# ---- which method


def test_cells_of_imputed_data_are_small_by_their_mean(first, demo):
    """The smallest mean over the imputations is the boundary, not the smallest of one."""
    smallest: dict[tuple[str, str], list[int]] = {}
    for one in map(first.complete, range(1, 5)):
        for name in first.cohort.study.terms("protocol", "involved_t1"):
            coding = demo.study.coding("protocol", name)
            if coding.per or coding.linear:
                continue
            table = pd.crosstab(one.data[name], one.data["involved_t1"])
            table.index = [
                next((new for new, old in coding.merged.items() if k in old), k)
                for k in table.index
            ]
            for level, n in table.groupby(level=0).sum().min(axis=1).items():
                smallest.setdefault((name, str(level)), []).append(int(n))
    (name, level), numbers = min(smallest.items(), key=lambda each: np.mean(each[1]))
    mean = float(np.mean(numbers))
    assert min(numbers) < mean < max(numbers)  # so that the mean is told apart from one of them
    for minimum, small in ((int(np.ceil(mean)), True), (int(np.floor(mean)), False)):
        ruled_so = replace(first, cohort=ruled(first.cohort, minimum_cell=minimum))
        found = mm.fit_logistic(ruled_so, "protocol")
        assert (found.method, found.beside) == ("logit", "firth" if small else None)
        said = [
            (each.variable, each.level, each.n) for each in found.done if each.code == "small_cell"
        ]
        assert ((name, level, mean) in said) == small
    replaced = ruled(first.cohort, minimum_cell=int(np.ceil(mean)), below_minimum="replace")
    found = mm.fit_logistic(replace(first, cohort=replaced), "protocol")
    assert {found.method, *(each.method for each in found.fits)} == {"firth"}
    assert {*found.to_frame()["method"]} == {"imputed_firth"}
    stop = ruled(replaced, below_minimum="stop")
    with pytest.raises(UsageError, match="fewer than"):
        mm.fit_logistic(replace(first, cohort=stop), "protocol")


@pytest.mark.parametrize("convention", ["information", "augmented"])
def test_pooled_firth_is_that_of_firthmodels(first, convention):
    cohort = ruled(first.cohort, firth_std_error=convention)
    fit = mm.fit_logistic(replace(first, cohort=cohort), "protocol", "firth")
    estimates, covariances = [], []
    for x, y in designs(first):
        one = FirthLogisticRegression(
            backend="numpy", fit_intercept=False, gtol=1e-8, xtol=1e-8, max_iter=200
        )
        own = one.fit(x.to_numpy(), y.to_numpy()).coef_
        p = expit(x.to_numpy() @ own)
        root = np.sqrt(p * (1 - p))[:, None] * x.to_numpy()
        hat = np.diag(root @ np.linalg.inv(root.T @ root) @ root.T)
        weight = 1 + hat if convention == "augmented" else np.ones(len(hat))
        estimates.append(own)
        covariances.append(np.linalg.inv(root.T @ (root * weight[:, None])))
    found, between = np.array(estimates), np.cov(np.array(estimates).T)
    same(fit.params, found.mean(axis=0), 1e-6)
    expected = np.mean(covariances, axis=0) + 1.25 * between
    np.testing.assert_allclose(fit.cov_params(), expected, rtol=1e-6, atol=1e-9)
    assert {one.method for one in fit.unadjusted} == {"firth"}


# ---- an exploratory outcome


def test_the_rule_of_exploratory_outcomes_at_its_boundary(demo):
    """40 plans at timepoint 1 and 4 columns: 10 per parameter, and not one less."""
    events = demo.data.index[demo.data["cpp_t1"] == "Yes"]
    assert len(events) == 40
    assert mm.why_not(demo, "exploratory", "cpp_t1") == ""
    found = imputed(demo, "cpp_t1", "exploratory", m=2, burnin=1)
    assert mm.fit_logistic(found, "exploratory").n_events == 40
    fewer = part(demo, demo.data.index.drop(events[0]))
    assert "4 parameters need 40" in mm.why_not(fewer, "exploratory", "cpp_t1")
    unknown = emptied(demo, "cpp_t1", events[:1])
    answer = mm.fit_logistic(
        imputed(unknown, "cpp_t1", "exploratory", m=2, burnin=1), "exploratory"
    )
    assert "No model is fitted" in str(answer)
    nearly = said(
        demo, regression=demo.study.file.regression.model_copy(update={"exploratory_events": 10.01})
    )
    assert mm.why_not(nearly, "exploratory", "cpp_t1")
    turned = demo.data["cpp_t1"].map({"Yes": "No", "No": "Yes"}).astype(demo.data["cpp_t1"].dtype)
    rare = replace(fewer, data=demo.data.assign(cpp_t1=turned).drop(events[0]))
    assert mm.why_not(rare, "exploratory", "cpp_t1")  # 39 without it are as few
    assert "lists no explanatory variable" in mm.why_not(demo, "protocol", "cpp_t1")
    assert mm.why_not(fewer, "protocol", "involved_t1") == ""


def test_the_rule_of_the_other_outcomes_at_its_boundary(demo):
    """70 with involvement at timepoint 2: 14 parameters need 70, and not one less; 13 need 65."""
    events = demo.data.index[demo.data["involved_t2"] == "Yes"]
    assert len(events) == 70
    assert mm.why_not(demo, "published_2023", "involved_t2") == ""
    fewer = part(demo, demo.data.index.drop(events[0]))
    words = "its 14 parameters need 70 mother-infant dyads with the outcome, and as many without it"
    assert f"No model is fitted: {words} (5 per parameter)" in mm.why_not(
        fewer, "published_2023", "involved_t2"
    )
    assert mm.why_not(fewer, "protocol", "involved_t2") == ""
    # 64 and 29 of the sensitivity outcomes, which have the rule of the others
    for outcome in ("involved_t2_plans", "continued"):
        assert "13 parameters need 65" in mm.why_not(demo, "protocol", outcome)
        for call in (
            lambda outcome=outcome: mm.fit_logistic(demo, "protocol", outcome=outcome),
            lambda outcome=outcome: mm.available_case(demo, "protocol", outcome),
        ):
            assert "No model is fitted" in str(call())
    answer = mm.fit_logistic(demo, "continued ~ age_years + ctq_total + ethnicity")
    assert "its 6 parameters need 30" in str(answer)
    assert mm.fit_logistic(demo, "continued ~ age_years + ctq_total").n_events > 0


def test_alternatives_are_the_models_that_say_something_else(demo):
    study = demo.study
    at_both_timepoints = (
        "primary_only",
        "abuse_cut_off_7",
        "ever_related_only",
        "honos_threshold_1",
        "all_levels",
    )
    assert study.alternatives("protocol", "involved_t1") == at_both_timepoints
    assert study.alternatives("protocol", "involved_t2") == ("published_2023", *at_both_timepoints)
    assert study.alternatives("protocol", "cpp_t1") == ("exploratory",)
    # what is listed as a departure is run: in notebook 05 at one timepoint or both, or in 06
    in_06 = mm.model_of(study, "", "cpp_t1")
    departing = {name for name, model in study.file.models.items() if model.departs_from}
    assert departing == {"published_2023", *at_both_timepoints, in_06}


def test_a_pooled_firth_frame_has_its_primary_numbers_by_clip(first):
    fit = mm.by_method(mm.fit_logistic(first, "protocol"), "firth")
    rows = fit.to_frame()
    rows = rows[(rows["model"] == "adjusted") & rows["estimate"].notna()].set_index("term")
    assert {*rows["interval"]} == {"clip"}
    errors, limits = fit.mc_errors(), fit.conf_int()
    for column, values in {
        "conf_low": limits[0], "conf_high": limits[1], "p_value": fit.pvalues,
        "profile_low": limits[0], "profile_p": fit.pvalues, "estimate": fit.pooled.params,
        "std_error": fit.pooled.bse, "mc_low": errors["conf_low"], "mc_p": errors["p_value"],
    }.items():  # fmt: skip
        same(rows[column], values)
    wald = ruled(first.cohort, firth_interval="wald")
    other = mm.fit_logistic(replace(first, cohort=wald), "protocol", "firth")
    same(other.conf_int(), fit.pooled.conf_int())
    assert {*other.to_frame()["interval"]} == {"wald_t", ""}


def test_a_model_that_keeps_levels_apart_needs_its_own_run(demo):
    """Planted: ethnicity not known of every sixth. Imputed as "Asian, Mixed or Other", it would
    stand at the reference of a model that has no such level.
    """
    cohort = emptied(demo, "ethnicity", demo.data.index[::6])
    found = imputed(cohort)
    assert found.together == {"ethnicity": ("Asian, Mixed or Other",)}
    assert mm.fit_logistic(found, "protocol").nobs == 278
    without = mm.fit_logistic(found, "involved_t1 ~ age_years + relationship")
    assert without.nobs == 278
    for model in ("all_levels", "involved_t1 ~ age_years + C(ethnicity)"):
        with pytest.raises(UsageError, match="keeps apart"):
            mm.fit_logistic(found, model)
    own = imputed(cohort, model="all_levels")
    assert own.together == {}
    assert mm.fit_logistic(own, "all_levels").nobs == 278
    data = found.complete(1).data
    coding = demo.study.coding("all_levels", "ethnicity")
    columns = pd.DataFrame(coded(demo.study, data, "ethnicity", coding))
    new = data["ethnicity"] == "Asian, Mixed or Other"
    assert new.any()
    assert columns[new].isna().all(axis=None)
    assert columns[~new].notna().all(axis=None)


def test_sensitivity_runs_say_what_they_are(demo):
    for how, name in (
        ({"composites": "direct"}, "direct"),
        ({"composites": "missing_as_no"}, "missing_as_no"),
    ):
        fit = mm.fit_logistic(imputed(demo, m=2, burnin=1, **how), "protocol")
        assert fit.in_results == f"imputed_{name}" == {*fit.to_frame()["method"]}.pop()
    shifts = {"ctq_emotional_abuse": 5.0}
    shifted = mm.fit_logistic(imputed(demo, m=2, burnin=1, shifts=shifts), "protocol")
    assert shifted.in_results == "imputed_shifted" == shifted.first(2).in_results
