"""What a column holds is asked of its values, whatever their container."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import mothers_margins as mm
from mothers_margins.imputation import chained
from mothers_margins.imputation.values import as_event, fault_of, kinds_of, plain

PARITY = [0, 1, 2, 3, None] * 40
CONTAINERS = {
    "objects": pd.Series(PARITY, dtype=object),
    "numpy's numbers as objects": pd.Series(
        [None if value is None else np.int16(value) for value in PARITY], dtype=object
    ),
    "decimals": pd.Series([None if value is None else Decimal(value) for value in PARITY]),
    "fractions": pd.Series([None if value is None else Fraction(value) for value in PARITY]),
    "Int64": pd.Series(PARITY, dtype="Int64"),
    "Float32": pd.Series(PARITY, dtype="Float32"),
    "int64 of pyarrow": pd.Series(PARITY, dtype=pd.ArrowDtype(pa.int64())),
    "double of pyarrow": pd.Series(PARITY, dtype=pd.ArrowDtype(pa.float64())),
    "decimals of pyarrow": pd.Series(
        [None if value is None else Decimal(value) for value in PARITY],
        dtype=pd.ArrowDtype(pa.decimal128(5, 1)),
    ),
    "sparse": pd.Series(pd.arrays.SparseArray([np.nan if v is None else v for v in PARITY])),
}


def frame_with(column: pd.Series) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    return pd.DataFrame(
        {"y": rng.integers(0, 2, 200), "parity": column.to_numpy(), "x": rng.normal(size=200)}
    ).assign(parity=column)


@pytest.fixture(scope="module")
def as_float() -> pd.Series:
    """Coefficients of the same numbers as plain floats."""
    numbers = pd.Series([np.nan if value is None else float(value) for value in PARITY])
    return mm.fit_logistic(frame_with(numbers), "y ~ parity + x").params


@pytest.mark.parametrize("container", CONTAINERS)
def test_numbers_are_numbers_whatever_holds_them(container, as_float):
    """One coefficient, that of the same numbers as floats, on the rows that have them; imputed by
    pmm, the completed column is numbers too.
    """
    column = CONTAINERS[container]
    assert kinds_of(column) == ("numbers",)
    fit = mm.fit_logistic(frame_with(column), "y ~ parity + x")
    assert fit.nobs == 160
    assert fit.params.to_numpy() == pytest.approx(as_float.to_numpy(), rel=1e-9)
    if container == "sparse":  # pandas itself cannot put a value into a sparse column
        return
    made = chained(frame_with(column), {"parity": "pmm"}, m=2, burnin=1, seed=1)
    assert made.events_frame().empty
    assert kinds_of(made.complete(2)["parity"]) == ("numbers",)
    assert made.fit("y ~ parity").params.to_numpy() == pytest.approx(
        mm.fit_logistic(made, "y ~ parity").params.to_numpy(), abs=1e-6
    )


@pytest.mark.parametrize(
    "outcome",
    [
        pd.Series([True, False, None] * 20, dtype=object),
        pd.Series([1, 0, None] * 20, dtype=object),
        pd.Series([True, False, None] * 20, dtype="boolean"),
        pd.Series([True, False, None] * 20, dtype=pd.ArrowDtype(pa.bool_())),
        pd.Series([Decimal(1), Decimal(0), None] * 20, dtype=object),
        pd.Series(["Yes", "No", None] * 20, dtype=object),
        pd.Series(["Yes", "No", None] * 20, dtype=pd.ArrowDtype(pa.string())),
        pd.Series(["Yes", "No", None] * 20, dtype="category"),
        pd.Series([1, 0, None] * 20, dtype="category"),
    ],
)
def test_an_outcome_is_known_by_its_values(outcome):
    """1, 0 and missing in turn: 40 rows, 20 events; the same estimates by both verbs."""
    x = np.random.default_rng(4).normal(size=60)
    assert as_event(outcome)[:2].tolist() == [1.0, 0.0]
    frame = pd.DataFrame({"x": x, "y": outcome})
    fit = mm.fit_logistic(frame, "y ~ x")
    assert (fit.nobs, fit.n_events) == (40, 20)
    pooled = chained(frame[["x"]], {}, m=2, burnin=1, seed=1).complete(1).assign(y=outcome)
    assert mm.imputation.fit_each([pooled, pooled], "y ~ x").params.to_numpy() == pytest.approx(
        fit.params.to_numpy(), abs=1e-7
    )


@pytest.mark.parametrize(
    "values", [[1, 2, None], ["yes", "no", None], [date(2020, 1, 1), None], ["Yes", 1], [0.5, 1]]
)
def test_what_is_no_yes_or_no_is_no_outcome(values):
    assert as_event(pd.Series(values, dtype=object)) is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1, "many", None], "holds numbers and texts together"),
        ([True, 2, None], "holds numbers and truth values together"),
        ([date(2020, 1, 1), date(2021, 1, 1), None], "is neither numbers nor levels (dates"),
        ([np.datetime64("2020"), None, None], "is neither numbers nor levels (dates"),
        ([pd.Timedelta(1), None, None], "is neither numbers nor levels (dates"),
        ([[1], [2], None], "is neither numbers nor levels (something else)"),
        ([1.0, np.inf, -np.inf], "has infinite values (2)"),
        ([f"p{number}" for number in range(60)], "holds 60 different texts in 60 rows"),
    ],
)
def test_what_enters_no_model_is_refused_by_name_and_holds_no_value(values, said):
    column = pd.Series(values)
    assert fault_of(column).startswith(said)
    frame = pd.DataFrame({"y": ([0, 1] * 40)[: len(column)], "strange": column})
    with pytest.raises(mm.UsageError) as raised:
        mm.fit_logistic(frame, "y ~ strange")
    (problem,) = raised.value.problems
    assert problem == f"'strange' {fault_of(column)}"
    assert "many" not in problem
    assert "p1" not in problem
    with pytest.raises(ValueError, match="'strange'"):
        chained(frame.assign(x=[np.nan] + [1.0] * (len(frame) - 1)), {"x": "pmm"}, m=1, seed=1)


def test_a_few_texts_are_levels_and_many_categories_too():
    """Ten sites in 50 rows may be texts; twelve must be declared as categories."""
    few = pd.Series([f"site {number % 10}" for number in range(50)])
    many = pd.Series([f"site {number % 12}" for number in range(50)])
    assert fault_of(few) == ""
    assert "make categories of them" in fault_of(many)
    assert fault_of(many.astype("category")) == ""


def test_truth_values_stay_what_can_be_joined_by_and():
    assert plain(pd.Series([True, False], dtype=object)).dtype == bool
    assert plain(pd.Series([True, None], dtype="boolean")).isna().tolist() == [False, True]


def test_an_order_is_never_made_up():
    """Severity as text, whose alphabetical order is mild, moderate, none: refused by ologit, and
    imputed in the order of the categories where it is declared.
    """
    rng = np.random.default_rng(8)
    x = rng.normal(size=300)
    names = np.array(["none", "mild", "moderate"])
    codes = np.digitize(x + 0.3 * rng.normal(size=300), [-0.5, 0.5])
    gap = rng.random(300) < 0.3
    text = pd.Series(names[codes]).mask(gap)
    for unordered in (text, text.astype("category"), text.astype(pd.ArrowDtype(pa.string()))):
        frame = pd.DataFrame({"x": x, "g": unordered})
        with pytest.raises(ValueError, match="'g' has levels without an order, and ologit needs"):
            chained(frame, {"g": "ologit"}, m=2, burnin=1, seed=1)
    declared = pd.Series(pd.Categorical(text, names, ordered=True))
    made = chained(pd.DataFrame({"x": x, "g": declared}), {"g": "ologit"}, m=5, burnin=3, seed=1)
    distance = [
        np.abs(made.complete(i)["g"].cat.codes.to_numpy()[gap] - codes[gap]).mean()
        for i in range(1, 6)
    ]
    # with x known, levels that are drawn in their order are seldom two apart
    assert np.mean(distance) < 0.45
    for numbers in (codes, codes > 0):  # these have an order
        frame = pd.DataFrame({"x": x, "g": pd.Series(numbers, dtype=object).mask(gap)})
        chained(frame, {"g": "ologit"}, m=1, burnin=1, seed=1)


def test_a_shift_along_texts_says_by_which_order():
    frame = pd.DataFrame({"x": np.arange(40.0), "g": ["a", "b"] * 20})
    frame.loc[:5, "g"] = None
    equation = mm.imputation.Equation("logit", delta=1.0)
    said = chained(frame, {"g": equation}, m=1, burnin=1, seed=1).events_frame()
    assert said["event"].tolist() == ["alphabetical_order"]
    declared = frame.assign(g=pd.Categorical(frame["g"], ["b", "a"]))
    said = chained(declared, {"g": equation}, m=1, burnin=1, seed=1).events_frame()
    assert said.empty


def test_limits_and_gates_are_asked_of_values_too():
    """A number held as objects has limits; a gate held as text is no truth value."""
    frame = pd.DataFrame({"x": np.arange(40.0), "k": pd.Series([1, 2, None, 3] * 10, dtype=object)})
    equation = mm.imputation.Equation("truncreg", limits=(0, 2))
    with pytest.raises(ValueError, match="'k' has 10 observed values outside its limits"):
        chained(frame, {"k": equation}, m=1, seed=1)
    for applies in (pd.Series([True, "False"] * 20), pd.Series(["True", "False"] * 20)):
        equation = mm.imputation.Equation("pmm", applies=applies)
        with pytest.raises(ValueError, match="'k' applies by something else than truth values"):
            chained(frame, {"k": equation}, m=1, seed=1)
    equation = mm.imputation.Equation("pmm", applies=pd.Series([True, False] * 20, dtype=object))
    made = chained(frame, {"k": equation}, m=1, burnin=1, seed=1).complete(1)
    assert made["k"].notna().all()  # the gaps are in rows where it applies
