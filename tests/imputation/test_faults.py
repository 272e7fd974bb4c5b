"""What cannot hold is refused by name, all of it at once, and without values."""

import numpy as np
import pandas as pd
import pytest

from mothers_margins.imputation import Answers, Cut, Equation, ImputedAnswer, Passive, chained
from tests.imputable import PARTS, bounds, gated, imputed_once, numbers, parts, scale


def test_all_that_is_wrong_with_the_equations_is_said_at_once():
    frame = pd.DataFrame(
        {
            "x": [1.0, None, 2.0],
            "empty": [None, None, None],
            "g": ["a", None, "b"],
            "k": ["a", "b", "c"],
        }
    )
    frame["empty"] = frame["empty"].astype(float)
    with pytest.raises(ValueError, match="chained") as error:
        chained(frame, {"g": "pmm", "empty": "pmm", "nope": "pmm"}, m=1, seed=1)
    for words in (
        "'nope' has an equation and is no column",
        "'x' has missing values and no equation",
        "'empty' has no observed value",
        "'g' has levels, and pmm is for numbers",
    ):
        assert words in str(error.value)


@pytest.mark.parametrize("method", ["pnm", "PMM", "norm", "logreg", ""])
def test_an_unknown_method_is_refused(method):
    frame = pd.DataFrame({"y": [1.0, 2.0, np.nan, 4.0], "x": [1.0, 2.0, 3.0, 4.0]})
    with pytest.raises(
        ValueError, match="'y' has an unknown method; allowed: logit, ologit, mlogit, pmm, regress"
    ):
        chained(frame, {"y": method}, m=1, burnin=1, seed=1)


def test_what_cannot_be_imputed_is_refused_by_name_and_without_values():
    frame = numbers()
    gone = frame.assign(x1=frame["x1"].mask(frame.index < 5))
    with pytest.raises(ValueError, match="has no rows"):
        imputed_once(frame.iloc[:0], {})
    for value in (np.inf, -np.inf):
        with pytest.raises(ValueError, match=r"'x2' has infinite values \(1\)$"):
            imputed_once(gone.assign(x2=frame["x2"].mask(frame.index == 20, value)), {"x1": "pmm"})
    with pytest.raises(ValueError, match="'x1' has no observed value"):
        imputed_once(frame.assign(x1=np.nan), {"x1": "pmm"})
    with pytest.raises(ValueError, match="seed is 0 or more"):
        chained(gone, {"x1": "pmm"}, m=1, seed=-1)
    with pytest.raises(ValueError, match="m and burnin are 1 or more"):
        chained(gone, {"x1": "pmm"}, m=1, burnin=0, seed=1)
    fourth = float(frame["x1"][5:].nlargest(4).min())
    with pytest.raises(ValueError, match=r"'x1' has 3 observed values outside its limits$"):
        imputed_once(gone, {"x1": Equation("truncreg", limits=(-9, fourth))})
    with pytest.raises(ValueError, match="'when' is neither numbers nor levels"):
        imputed_once(gone.assign(when=pd.Timestamp("2021-11-18")), {"x1": "pmm"})
    with pytest.raises(ValueError, match="'lists' is neither numbers nor levels"):
        imputed_once(gone.assign(lists=[[1]] * 40), {"x1": "pmm"})


@pytest.mark.parametrize(
    ("passive", "words"),
    [
        ({"p": Passive(("q",), lambda part: part["q"])}, "needs q, which is no column"),
        (
            {"p": Passive(("p",), lambda part: part["p"])},
            "needs p, which is no column, or is made later",
        ),
        (
            {"p": Passive(("a",), lambda part: part["a"].iloc[1:])},
            "'p' must make a Series with the rows it is given",
        ),
        ({"p": Passive(("a",), lambda part: part["a"].to_numpy())}, "'p' must make a Series"),  # type: ignore[arg-type, return-value]
    ],
)
def test_passive_variables_that_cannot_be_made_are_refused(passive, words):
    with pytest.raises(ValueError, match=words):
        chained(parts(), PARTS | passive, m=1, seed=1)


def test_gates_that_cannot_be_are_refused():
    frame = gated(False)

    def asked(**more) -> None:
        chained(frame, {"ever": "logit", "y": "regress"} | more, m=1, seed=1)

    with pytest.raises(ValueError, match="applies by a level that no row of 'ever' has"):
        asked(times=Equation("pmm", applies=("ever", "perhaps")))
    with pytest.raises(ValueError, match="applies by a column that is none"):
        asked(times=Equation("pmm", applies=("never", "yes")))
    with pytest.raises(ValueError, match="hangs on itself"):
        asked(times=Equation("pmm", applies=("times", 1.0)))
    with pytest.raises(ValueError, match="applies by truth values"):
        asked(times=Equation("pmm", applies=pd.Series([True])))


def test_bounds_that_cannot_hold_are_refused():
    frame, answers, _ = scale()
    low, high = bounds(answers)
    for equation, words in (
        (Equation("regress", bounds=(low, high)), "has bounds, which regress cannot keep"),
        (Equation("pmm", bounds=(high + 1, low)), "lower above upper"),
        (Equation("pmm", bounds=(low + 1, high + 1)), "observed values outside their bounds"),
        (
            Equation("pmm", answers=Answers(answers, {"j": ImputedAnswer("x")})),
            "items that are no columns",
        ),
        (Equation("pmm", cut=Cut("nowhere", "yes", 3)), "is cut by a column that is none"),
        (Equation("pmm", beside=("nowhere", 3)), "a number beside it that is no column"),
    ):
        with pytest.raises(ValueError, match=words):
            chained(frame, {"score": equation}, m=1, seed=1)
