"""The solver of linear and integer programmes, HiGHS, so set that equal questions get equal
answers: one thread, no clock, no announcements.
"""

from typing import Any

import highspy
import numpy as np
from scipy import sparse

Array = np.ndarray
SMALLEST_STEP = 0.5  # between two whole numbers


class InfeasibleError(ValueError):
    """No table at all reproduces what is said to be known."""


class NotSolvedError(ArithmeticError):
    """The solver ended without an optimum. Nothing is taken from it."""


class _Silent(highspy.Highs):
    """A solver without callbacks, whose enabling announces the program on the terminal."""

    def enableCallbacks(self) -> None:  # noqa: N802  # its name is highspy's
        """None is used."""


# Any: highspy has no types
def quiet_solver() -> Any:
    """A solver that prints nothing, uses one thread, and stops by gap or nodes, never by time."""
    solver = _Silent()  # type: ignore[no-untyped-call]  # highspy has no types
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 0)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", SMALLEST_STEP)
    return solver


# Any: highspy has no types
def programme(
    costs: Array,
    upper: Array,
    rows: Array,
    low: Array,
    high: Array,
    whole: bool = False,
) -> Any:
    """A programme over x from 0 to upper: the least costs @ x with low <= rows @ x <= high.

    costs, upper: n. rows: m x n. low, high: m. whole: in whole numbers.
    """
    n = len(costs)
    model = highspy.HighsLp()
    model.num_col_ = n
    model.num_row_ = len(rows)
    model.col_cost_ = costs.astype(float)
    model.col_lower_ = np.zeros(n)
    model.col_upper_ = upper.astype(float)
    model.row_lower_ = low.astype(float)
    model.row_upper_ = high.astype(float)
    matrix = sparse.csr_matrix(rows.astype(float))
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = matrix.indptr
    model.a_matrix_.index_ = matrix.indices
    model.a_matrix_.value_ = matrix.data
    if whole:
        model.integrality_ = [highspy.HighsVarType.kInteger] * n
    solver = quiet_solver()
    solver.passModel(model)
    return solver
