"""Rows are chosen by the variables that a formula names; what its terms learn, they learn once."""

import numpy as np
import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.imputation import chained, fit_each
from mothers_margins.imputation.formulas import FormulaError, learned, names_in, parsed


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    """200 rows; 40 without an age, 30 without a group, 21 without a flag, overlapping."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "age": rng.integers(20, 45, 200).astype(float),
            "x": rng.normal(size=200),
            "g": rng.choice(list("abc"), 200),
            "flag": pd.array(rng.random(200) < 0.5, dtype="boolean"),
            "years of age": 1.0,
        }
    )
    frame["y"] = (rng.random(200) < 1 / (1 + np.exp(-(frame["age"] - 32) / 6))).astype(int)
    frame.loc[:39, "age"] = np.nan
    frame.loc[30:59, "g"] = None
    frame.loc[50:70, "flag"] = pd.NA
    return frame.assign(**{"years of age": frame["age"]})


@pytest.mark.parametrize(
    ("right", "named"),
    [
        ("I(age > 30)", ["age"]),
        ("np.where(age > 30, 1, 0)", ["age"]),
        ("I((age > 30).astype(int))", ["age"]),
        ("I([value > 30 for value in age])", ["age"]),
        ("age.between(25, 35)", ["age"]),
        ("age.fillna(0)", ["age"]),
        ("np.nan_to_num(age)", ["age"]),
        ("Q('years of age')", ["years of age"]),
        ("I(`years of age` > 30)", ["years of age"]),
        ("I(g == 'a')", ["g"]),
        ("g.isin(['a', 'b'])", ["g"]),
        ("I(g.str.upper().isin(['A']))", ["g"]),
        ("C(g, levels=['a', 'b', 'c'])", ["g"]),
        ("I(~flag)", ["flag"]),
        ("I((age > 30) | flag)", ["age", "flag"]),
        ("I((age > 30) & (g == 'a'))", ["age", "g"]),
        ("scale(age) + g", ["age", "g"]),
        ("I(age > 30):x", ["age", "x"]),
        ("np.select([age < 30, age >= 30], [0, 1])", ["age"]),
        ("pd.cut(age, [0, 30, 50])", ["age"]),
    ],
)
def test_rows_are_those_that_have_every_variable_named(people, right, named):
    """As R's glm: the estimates on the rows that have the variables; the others are left out, and
    counted.
    """
    known = people.dropna(subset=named)
    fit = mm.fit_logistic(people, f"y ~ {right}", profile=False)
    alone = mm.fit_logistic(known, f"y ~ {right}", profile=False)
    assert (fit.nobs, fit.done[0].n) == (len(known), 200 - len(known))
    assert fit.params.to_numpy() == pytest.approx(alone.params.to_numpy(), rel=1e-9)
    assert fit.design.index.equals(known.index)
    pooled = fit_each([people, people], f"y ~ {right}")
    assert pooled.params.to_numpy() == pytest.approx(alone.params.to_numpy(), abs=1e-6)


@pytest.mark.parametrize(
    ("right", "said"),
    [
        ("C(g, levels=['a', 'b'])", "have a level that the formula does not list"),
        ("np.log(x)", "has no value in 110 rows whose variables are known"),
        ("pd.cut(age, [0, 30, 40])", "has no value in 26 rows whose variables are known"),
        ("np.log(age - 20)", "infinite or no number"),
        ("x | age", "it has several parts"),
        ("agee", "there is no column 'agee'"),
        ("np.where(age > 30, 'old', 'young')", "cannot be read (TypeError)"),
        ("I(g > 'a')", "cannot be read (FactorEvaluationError)"),
    ],
)
def test_what_would_put_a_row_into_the_reference_is_refused(people, right, said):
    with pytest.raises(FormulaError) as raised:
        learned(right, people).design(people)
    assert said in str(raised.value)
    with pytest.raises(mm.UsageError):
        mm.fit_logistic(people, f"y ~ {right}")


def test_names_of_a_formula_are_columns_and_not_functions():
    text = "np.log(a) + C(b, Treatment('k')):abs(c) + Q('d e') + I([row + f for row in g])"
    assert {*names_in(parsed(text, []), [])} == {"a", "b", "c", "d e", "f", "g"}


@pytest.mark.parametrize("name", ["id", "sum", "type", "pd"])
def test_a_column_goes_before_a_function_of_its_name(people, name):
    frame = people.rename(columns={"age": name})
    found = mm.fit_logistic(frame, f"y ~ I({name} > 30)", profile=False)
    right = mm.fit_logistic(people, "y ~ I(age > 30)", profile=False)
    assert found.nobs == right.nobs == 160
    assert found.params.to_numpy() == pytest.approx(right.params.to_numpy(), rel=1e-9)


def test_a_formula_sees_no_name_of_this_program(people):
    for name in ("data", "text", "known", "right", "frame"):
        with pytest.raises(mm.UsageError, match="there is no column"):
            mm.fit_logistic(people, f"y ~ age + {name}")


# ---- what terms learn


@pytest.fixture(scope="module")
def made():
    rng = np.random.default_rng(2)
    x = rng.normal(5, 2, 400)
    frame = pd.DataFrame({"x": x, "z": rng.normal(size=400), "g": rng.choice(list("abc"), 400)})
    frame["y"] = (rng.random(400) < 1 / (1 + np.exp(-(x - 5) / 2))).astype(int)
    frame.loc[rng.random(400) < 0.4, "x"] = np.nan
    return chained(frame, {"x": "pmm"}, m=5, burnin=3, seed=3)


@pytest.mark.parametrize(
    "right",
    [
        "scale(x) + z",
        "center(x)",
        "standardize(x)",
        "poly(x, 2)",
        "bs(x, df=4)",
        "cr(x, df=3, constraints='center')",
        "scale(np.log(x + 20))",
        "I(x > 5):z + g",
    ],
)
def test_what_a_term_learned_from_the_first_data_set_holds_for_all(made, right):
    """Both verbs give the mean of single fits on the columns of the first data set's transform."""
    found = made.fit(f"y ~ {right}")
    assert mm.fit_logistic(made, f"y ~ {right}").params.to_numpy() == pytest.approx(
        found.params.to_numpy(), abs=1e-6
    )


def test_a_scaled_coefficient_is_the_plain_one_times_the_first_standard_deviation(made):
    """By hand: beta of (x - c)/s is s times that of x, in every data set the same s, so also
    pooled.
    """
    spread = made.complete(1)["x"].std()
    plain = mm.fit_logistic(made, "y ~ x")
    scaled = mm.fit_logistic(made, "y ~ scale(x)")
    assert scaled.params["scale(x)"] == pytest.approx(plain.params["x"] * spread, rel=1e-7)
    assert scaled.bse["scale(x)"] == pytest.approx(plain.bse["x"] * spread, rel=1e-7)


@pytest.mark.parametrize(
    "term",
    [
        "I(x - x.mean())",
        "I(x / x.std())",
        "I(x > np.median(x))",
        "x.rank()",
        "pd.qcut(x, 3)",
        "pd.cut(x, 3)",
        "lag(x)",
        "z.cumsum()",
    ],
)
def test_a_term_that_would_learn_anew_in_each_imputation_is_refused(made, term):
    for fit in (made.fit, lambda formula: mm.fit_logistic(made, formula)):
        with pytest.raises((ValueError, mm.UsageError)) as raised:
            fit(f"y ~ {term}")
        assert "look at other rows would be other variables in every data set" in str(raised.value)
    if term != "lag(x)":  # of one data set they are what they are
        mm.fit_logistic(made.complete(1), f"y ~ {term}", profile=False)


def test_bounds_that_another_data_set_exceeds_are_refused():
    """A spline that learned its outer knots from the first data set holds no value beyond them."""
    rng = np.random.default_rng(3)
    first = pd.DataFrame({"x": rng.uniform(0, 1, 80), "y": [0, 1] * 40})
    later = first.assign(x=first["x"].mask(first.index == 5, 2.0))
    with pytest.raises(ValueError, match="cannot be read"):
        fit_each([first, later], "y ~ bs(x, df=4)")


def test_a_level_that_only_some_data_sets_have_is_refused():
    first = pd.DataFrame({"g": list("aabb") * 10, "y": [0, 1] * 20})
    later = first.assign(g=first["g"].mask(first.index % 7 == 5, "c"))
    with pytest.raises(ValueError, match="level that only some data sets have: 'g'"):
        fit_each([first, later], "y ~ g")
    with pytest.raises(ArithmeticError, match=r"in completed data set 2 .*a column follows"):
        fit_each([later, first], "y ~ g")
