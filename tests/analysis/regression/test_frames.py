"""Plain data frames: the rows and columns that enter, and tables and checks of their fits."""

import time
from dataclasses import replace
from math import exp

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special, stats

import mothers_margins as mm
from mothers_margins.imputation import chained

QUANTILE = stats.chi2.ppf(0.95, 1)


def people(n: int = 200, seed: int = 12) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "y": rng.integers(0, 2, n),
            "x": rng.normal(size=n),
            "z": rng.normal(size=n),
            "g": rng.choice(list("abc"), n),
        }
    )


def same_fit(found: mm.Fit, right: mm.Fit) -> None:
    assert (found.nobs, found.n_events) == (right.nobs, right.n_events)
    assert list(found.params.index) == list(right.params.index)
    assert found.params.to_numpy() == pytest.approx(right.params.to_numpy(), rel=1e-8)


# ---- which rows and columns enter


@pytest.mark.parametrize("level", ["a", "b", "c"])
def test_a_level_that_goes_with_the_missing_rows_is_left_out(level):
    """As R's glm: on the rows that have an x the level is nobody's, and no column of the model."""
    frame = people()
    frame.loc[frame["g"] == level, "x"] = np.nan
    for kind in ("str", "category"):
        typed = frame.astype({"g": kind})
        same_fit(mm.fit_logistic(typed, "y ~ x + g"), mm.fit_logistic(frame.dropna(), "y ~ x + g"))


def test_rows_are_told_apart_by_their_place_and_keep_their_labels():
    frame = people()
    frame.loc[:9, "x"] = np.nan
    right = mm.fit_logistic(frame, "y ~ x")
    repeated = frame.set_axis(list(range(100)) * 2, axis=0)
    found = mm.fit_logistic(repeated, "y ~ x")
    same_fit(found, right)
    assert found.nobs == 190
    assert found.design.index.tolist() == [*range(10, 100), *range(100)]
    made = chained(repeated.drop(columns="g"), {"x": "pmm"}, m=2, burnin=1, seed=1)
    assert mm.fit_logistic(made, "y ~ x").params.to_numpy() == pytest.approx(
        made.fit("y ~ x").params.to_numpy(), abs=1e-6
    )


@pytest.mark.parametrize(
    ("frame", "formula", "said"),
    [
        (people().assign(Intercept=1.5), "y ~ Intercept + z", "'Intercept' is what formulas call"),
        (people().assign(x=[np.inf] + [1.0] * 199), "y ~ x + z", "'x' has infinite values (1)"),
        (people().set_axis(["y", "x", "x", "g"], axis=1), "y ~ x", "'x' is the name of several"),
        (people().set_axis(["y", "y", "x", "g"], axis=1), "y ~ x", "more than one column 'y'"),
        (people().assign(x=np.nan), "y ~ x", "no row has all variables of the formula"),
    ],
)
def test_a_column_that_cannot_enter_is_named(frame, formula, said):
    with pytest.raises(mm.UsageError) as raised:
        mm.fit_logistic(frame, formula)
    assert said in str(raised.value)
    assert "follows from" not in str(raised.value)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([f"p{i}" for i in range(400)]),
        pd.Series([f"p{i}" for i in range(400)], dtype="category"),
        pd.Series([f"p{i % 300}" for i in range(400)], dtype="category"),
        pd.Series([f"a few words, number {i % 150}" for i in range(400)]),
        pd.Series(pd.date_range("2020-01-01", periods=400)),
        pd.Series(pd.to_timedelta(range(400), unit="D")),
        pd.Series([value.date() for value in pd.date_range("2020-01-01", periods=400)]),
    ],
)
def test_ids_dates_and_free_text_are_refused_at_once(column):
    """400 ids took 149 s, of which the rank of every left part of the design was all."""
    frame = people(400).assign(about=column)
    mm.fit_logistic(frame, "y ~ z", profile=False)  # what is imported only once
    start = time.perf_counter()
    with pytest.raises(mm.UsageError, match="about") as raised:
        mm.fit_logistic(frame, "y ~ about + z")
    assert "p29" not in str(raised.value)
    assert time.perf_counter() - start < 2


def test_a_number_taken_for_levels_is_refused_at_once_and_its_values_are_not_named():
    frame = people(300).assign(number=np.arange(300.0))
    start = time.perf_counter()
    for formula in ("y ~ C(number) + z", "y ~ z + C(number // 2)"):
        with pytest.raises(mm.UsageError, match="fewer than two rows a level") as raised:
            mm.fit_logistic(frame.iloc[:-1], formula)
        assert "149" not in str(raised.value)
    assert time.perf_counter() - start < 2
    many = people(20).assign(
        **{f"x{k}": np.random.default_rng(k).normal(size=20) for k in range(25)}
    )
    with pytest.raises(mm.UsageError, match="27 columns for 20 rows; no model has more columns"):
        mm.fit_logistic(many, "y ~ z + " + " + ".join(f"x{k}" for k in range(25)))


def test_an_outcome_that_was_imputed_itself_is_not_pooled_as_one_that_was_not():
    frame = people(300).astype({"y": float})
    frame.loc[:40, "y"] = np.nan
    made = chained(frame.drop(columns="g"), {"y": "logit"}, m=3, burnin=1, seed=1)
    with pytest.raises(mm.UsageError, match="the outcome 'y' was imputed itself"):
        mm.fit_logistic(made, "y ~ x")
    assert np.isfinite(made.fit("y ~ x").params).all()


# ---- units and origins


@pytest.mark.parametrize("method", ["logit", "firth"])
@pytest.mark.parametrize("unit", [1e9, 1e-9])
def test_estimates_only_change_by_the_unit(method, unit):
    """Both likelihoods are the same in any units: estimates, errors and profile limits scale."""
    frame = people()
    other = frame.assign(x=frame["x"] * unit, z=frame["z"] / unit)
    plain, scaled = (mm.fit_logistic(data, "y ~ x + z", method) for data in (frame, other))
    for of_plain, of_scaled in (
        (plain.params, scaled.params),
        (plain.bse, scaled.bse),
        (plain.profile_int()[0], scaled.profile_int()[0]),
        (plain.profile_int()[1], scaled.profile_int()[1]),
    ):
        assert of_scaled["x"] * unit == pytest.approx(of_plain["x"], rel=1e-6)
        assert of_scaled["z"] / unit == pytest.approx(of_plain["z"], rel=1e-6)
        assert of_scaled["Intercept"] == pytest.approx(of_plain["Intercept"], rel=1e-5)
    # a log-likelihood has no units; Firth's penalty, half the log of |X'WX|, has those of columns
    assert scaled.llf == pytest.approx(plain.llf, rel=1e-9)


def calendar_years(seed: int) -> pd.DataFrame:
    """300 rows with a calendar year: of 30 such sets Firth's method failed on ten."""
    rng = np.random.default_rng(seed)
    year = rng.integers(2008, 2016, 300).astype(float)
    group = rng.choice(["a", "b"], 300)
    y = (rng.random(300) < 1 / (1 + np.exp(-(year - 2011) / 3))).astype(int)
    return pd.DataFrame({"y": y, "year": year, "since": year - 2011, "g": group})


@pytest.mark.parametrize("seed", range(6))
def test_firth_does_not_mind_calendar_years(seed):
    """By hand: only the constant changes, by 2011 times the slope."""
    frame = calendar_years(seed)
    late = mm.fit_logistic(frame, "y ~ year + g", "firth")
    plain = mm.fit_logistic(frame, "y ~ since + g", "firth")
    assert late.params.to_numpy()[1:] == pytest.approx(plain.params.to_numpy()[1:], rel=1e-8)
    assert late.params["Intercept"] == pytest.approx(
        plain.params["Intercept"] - 2011 * plain.params["since"], rel=1e-8
    )
    assert late.profile_int().to_numpy()[1:] == pytest.approx(
        plain.profile_int().to_numpy()[1:], rel=1e-6
    )
    assert late.llf == pytest.approx(plain.llf, rel=1e-9)
    pooled = chained(frame, {}, m=2, burnin=1, seed=1).fit("y ~ year + g", "firth")
    assert pooled.params.to_numpy() == pytest.approx(late.params.to_numpy(), rel=1e-6)


def test_the_constant_s_penalised_profile_beside_calendar_years_is_where_it_should_be():
    """By another optimiser: at each limit the penalised log-likelihood, maximised over the others,
    has fallen by half the quantile of chi-squared (Heinze and Schemper 2002).
    """
    frame = calendar_years(12)
    fit = mm.fit_logistic(frame, "y ~ year", "firth")
    x = np.column_stack([np.ones(300), frame["since"]])
    y = frame["y"].to_numpy()

    def penalised(constant: float, slope: float) -> float:
        # the constant of the years, in the columns of years since 2011
        linear = x @ np.array([constant + 2011 * slope, slope])
        weights = special.expit(linear) * special.expit(-linear)
        penalty = np.linalg.slogdet((x.T * weights) @ x)[1] / 2
        return float(y @ linear - np.logaddexp(0, linear).sum() + penalty)

    slope = fit.params["year"]
    for limit in fit.profile_int().loc["Intercept"]:
        # the slope follows the constant closely: a narrow interval around minus a 2011th of it
        near = -limit / 2011
        best = optimize.minimize_scalar(
            lambda value, held=limit: -penalised(held, value),
            bounds=(near - 0.005, near + 0.005),
            method="bounded",
            options={"xatol": 1e-12},
        )
        fall = penalised(fit.params["Intercept"], slope) + best.fun
        assert 2 * fall == pytest.approx(QUANTILE, abs=2e-3)


# ---- tables and checks of fits of data frames


@pytest.fixture(scope="module")
def fits(demo) -> tuple[mm.Fit, mm.Fit]:
    """One formula of a cohort, and of its data as a plain frame."""
    formula = "involved_t1 ~ age_years + C(ethnicity) + dv_any"
    data = demo.data.assign(
        ethnicity=demo.data["ethnicity"].cat.set_categories(
            ["White British", *demo.study.levels("ethnicity")[1:]], ordered=False
        ),
        dv_any=demo.data["dv_any"].cat.set_categories(["No", "Yes"]),
    )
    rules = demo.study.file.regression.model_copy(update={"minimum_cell": 1})
    file = demo.study.file.model_copy(update={"regression": rules})
    cohort = replace(demo, study=replace(demo.study, file=file))
    return mm.fit_logistic(cohort, formula), mm.fit_logistic(data, formula)


def test_a_frame_is_checked_as_a_cohort_is(fits):
    of_cohort, of_frame = (mm.check_model(fit) for fit in fits)
    for column in ("check", "variable", "level", "statistic", "df", "p_value", "n"):
        left, right = of_cohort[column].reset_index(drop=True), of_frame[column]
        pd.testing.assert_series_equal(left, right, check_exact=False, rtol=1e-7)
    assert {*of_frame["study"]} == {""}


def test_odds_ratios_of_a_frame_are_those_of_its_fit(fits, demo):
    _, fit = fits
    data = demo.data
    table = mm.odds_ratios(fit.to_frame(), fit.tabulated(), fit.log())
    counts = pd.crosstab(data.loc[fit.design.index, "ethnicity"], fit.event)
    for level in ("White British", "Black"):
        number, whole = counts.loc[level, 1.0], counts.loc[level].sum()
        assert table.quote("ethnicity", "complete_case_events", level) == f"{number} of {whole}"
    low, high = fit.conf_int().loc["age_years"]
    assert table.quote("age_years", "adjusted_complete_case") == (
        f"{exp(fit.params['age_years']):.2f} ({exp(low):.2f} to {exp(high):.2f})"
    )
    assert table.quote("ethnicity", "adjusted_complete_case", "White British") == "reference"
    said = " ".join(text for _, text in table.notes)
    assert f"{fit.nobs} rows" in said
    assert "NOT LOCKED" not in table.caption  # there is no plan to lock
    assert mm.odds_ratios(mm.fit_logistic(people(), "y ~ x", "firth").to_frame()).sections
    made = chained(people().drop(columns="g"), {}, m=3, burnin=1, seed=1)
    pooled = mm.fit_logistic(made, "y ~ x")
    assert (
        mm.odds_ratios(pooled.to_frame())
        .quote("x", "adjusted_imputed")
        .startswith(f"{exp(pooled.params['x']):.2f} (")
    )


def test_a_formula_s_reference_has_its_name_and_its_variable_its_title(fits, esmi):
    for fit in fits:
        levels = [column for column in fit.columns if column.variable == "ethnicity"]
        assert len(levels) == 4
        assert {column.reference for column in levels} == {"White British"}
        assert fit.wald_test("C(ethnicity)") == fit.wald_test("ethnicity")
        assert fit.wald_test("ethnicity").df == 4
    table = mm.odds_ratios(fits[0].to_frame())
    titles = [row.label for section in table.sections for row in section.rows]
    assert esmi.label("ethnicity") in titles
    assert "C(ethnicity)" not in " ".join(titles)
    assert table.quote("ethnicity", "adjusted_complete_case", "White British") == "reference"


@pytest.mark.parametrize(
    ("term", "reference", "levels"),
    [
        ("g", "a", ["b", "c"]),
        ("C(g, Treatment('b'))", "b", ["a", "c"]),
        ("C(g, levels=['c', 'b', 'a'])", "c", ["b", "a"]),
        ("C(number)", "0", ["1", "2"]),
        ("C(flag)", "False", ["True"]),
    ],
)
def test_the_reference_is_the_level_that_has_no_column(term, reference, levels):
    frame = people().assign(number=np.arange(200) % 3, flag=np.arange(200) % 2 == 0)
    columns = mm.fit_logistic(frame, f"y ~ {term} + x", profile=False).columns
    named = [column for column in columns if column.level]
    assert [column.level for column in named] == levels
    assert {column.reference for column in named} == {reference}


def test_a_frame_s_shares_are_the_mean_chances_with_everyone_at_a_level(fits):
    _, fit = fits
    found = mm.standardise(fit, variables=["dv_any"]).set_index("level")["estimate"]
    for level, value in (("No", 0.0), ("Yes", 1.0)):
        design = fit.design.assign(**{"dv_any[T.Yes]": value})
        chance = special.expit(design.to_numpy() @ fit.params.to_numpy())
        assert found[level] == pytest.approx(chance.mean(), rel=1e-9)


def test_results_of_a_frame_have_no_study_to_be_saved_under(fits):
    with pytest.raises(mm.UsageError, match="these results are of a data frame"):
        mm.save(fits[1].to_frame(), "estimates")


# ---- formulas of cohorts


def test_a_comparison_in_a_formula_of_a_cohort_leaves_out_who_is_not_known(demo):
    known = demo.data[["involved_t1", "ctq_total"]].dropna()
    counts = pd.crosstab(known["ctq_total"] > 50, known["involved_t1"])
    ratio = counts.loc[True, "Yes"] * counts.loc[False, "No"]
    ratio /= counts.loc[True, "No"] * counts.loc[False, "Yes"]
    fit = mm.fit_logistic(demo, "involved_t1 ~ I(ctq_total > 50)")
    assert fit.nobs == len(known)
    assert fit.log()["n"].iloc[0] == demo.data["involved_t1"].notna().sum() - len(known)
    assert exp(fit.params.iloc[1]) == pytest.approx(ratio, rel=1e-8)


def test_each_variable_of_a_formula_has_all_rows_that_know_it(demo):
    """An extra: its rows are not those of the whole formula, which have every variable."""
    found = mm.available_case(demo, "involved_t1 ~ ctq_total + C(dv_any) + age_years")
    known = demo.data[demo.data["involved_t1"].notna()]
    expected = {name: known[name].notna().sum() for name in ("ctq_total", "dv_any", "age_years")}
    assert found.set_index("variable")["n"].to_dict() == expected
    assert len({*expected.values()}) > 1


def test_what_a_term_learns_is_the_same_in_every_imputed_cohort(imputed_demo):
    plain = mm.fit_logistic(imputed_demo, "involved_t1 ~ ctq_total + dv_any")
    scaled = mm.fit_logistic(imputed_demo, "involved_t1 ~ scale(ctq_total) + dv_any")
    first = imputed_demo.complete(1).data
    spread = first.loc[first["involved_t1"].notna(), "ctq_total"].astype(float).std()
    assert scaled.params["scale(ctq_total)"] == pytest.approx(
        plain.params["ctq_total"] * spread, rel=1e-7
    )
    with pytest.raises(mm.UsageError, match="look at other rows"):
        mm.fit_logistic(imputed_demo, "involved_t1 ~ I(ctq_total - ctq_total.mean())")
