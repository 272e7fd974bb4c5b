"""What predicts what."""

import numpy as np
import pandas as pd
import pytest

from mothers_margins.imputation import Equation, Passive, chained
from tests.imputable import parts


def test_an_omitted_predictor_is_not_used():
    """With the only predictor left out, imputed values follow their own distribution alone: half
    are 10.
    """
    frame = pd.DataFrame(
        {"y": [0.0] * 50 + [10.0] * 50 + [np.nan] * 60, "x": [0.0] * 50 + [1.0] * 110}
    )
    with_x = chained(frame, {"y": "pmm"}, m=1, burnin=1, seed=1).complete(1)["y"][100:]
    assert (with_x == 10).mean() > 0.9
    omitted = Equation("pmm", omit=("x",), knn=100)
    without = chained(frame, {"y": omitted}, m=1, burnin=1, seed=1).complete(1)["y"][100:]
    assert 0.3 < (without == 10).mean() < 0.7
    for wrong in (Equation("pmm", omit=("X",)), Equation("pmm", only=("X",))):
        with pytest.raises(ValueError, match="'y' names predictors that are no columns: X"):
            chained(frame, {"y": wrong}, m=1, burnin=1, seed=1)


def test_what_is_made_from_a_variable_never_predicts_it():
    """double = 2a and its copy would give a away: a is drawn as if they were not there at all."""
    frame = parts().drop(columns="y")
    passive = {
        "double": Passive(("a",), lambda part: part["a"] * 2),
        "copy": Passive(("double",), lambda part: part["double"] + 1),
    }
    without = chained(frame[["a", "z"]], {"a": "pmm"}, m=2, burnin=4, seed=3)
    made = chained(frame[["a", "z"]], {"a": "pmm"} | passive, m=2, burnin=4, seed=3)
    for i in (1, 2):
        assert made.complete(i)["a"].equals(without.complete(i)["a"])
        assert made.complete(i)["copy"].equals(2 * made.complete(i)["a"] + 1)
