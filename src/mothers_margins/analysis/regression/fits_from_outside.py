"""Fits of other programs: whether they are estimates, or where a search happened to stop."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

# A standard error of log-odds, per standard deviation of its variable, that no finite estimate has:
# the outcome is separated there, and the search ended somewhere on the way to infinity.
INFINITE = 10


class Poolable(Protocol):
    """A fit of any program, as far as it is pooled; those of statsmodels are like this."""

    @property
    def params(self) -> ArrayLike:
        """Its coefficients."""

    def cov_params(self) -> ArrayLike | pd.DataFrame:
        """Their covariance."""


def faults_of(fits: Sequence[Poolable]) -> Iterator[str]:
    """Why some of these are no estimates: which fits, and what is wrong with them."""
    wrong: dict[str, list[int]] = {}
    for number, fit in enumerate(fits, 1):
        fault = _fault(fit)
        if fault:
            wrong.setdefault(fault, []).append(number)
    for fault, numbers in wrong.items():
        which = f"fit {numbers[0]}" if len(numbers) == 1 else f"fits {_in_words(numbers)}"
        yield f"{which} of {len(fits)}: {fault}"


def _in_words(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - 8} more" if len(numbers) > 8 else ""
    return f"{', '.join(map(str, numbers[:8]))}{more}"


def _fault(fit: Poolable) -> str:
    """What is wrong with one fit; empty if nothing is."""
    if _says_no(fit):
        return "did not converge"
    params = np.asarray(fit.params, dtype=float)
    variances = np.diag(np.atleast_2d(np.asarray(fit.cov_params(), dtype=float)))
    if not (np.isfinite(params).all() and np.isfinite(variances).all()):
        return "an estimate or a variance is not finite"
    if (variances < 0).any():
        return "a variance is below 0"
    if _as_good_as_infinite(fit, np.sqrt(variances)):
        return "a coefficient is as good as infinite, because the outcome is separated"
    return ""


def _says_no(fit: Poolable) -> bool:
    """Whether a fit says itself that it did not converge, in one of the ways in which fits do:
    statsmodels' mle_retvals and converged, scikit-learn's converged_, scipy's success.
    """
    reports: list[object] = [getattr(fit, name, None) for name in ("converged", "converged_")]
    for name in ("mle_retvals", "optim_result", "opt_result", "fit_result"):
        report = getattr(fit, name, None)
        for key in ("converged", "success"):
            in_mapping = report.get(key) if isinstance(report, Mapping) else None
            reports.append(in_mapping if in_mapping is not None else getattr(report, key, None))
    # what is no truth value, such as a method of that name, says nothing; some programs write it as
    # a text
    return any(
        (isinstance(report, bool | np.bool_) and not report) or report == "False"
        for report in reports
        if isinstance(report, bool | np.bool_ | str)
    )


# Any: whatever a program calls its model
def _as_good_as_infinite(fit: Any, errors: np.ndarray) -> bool:
    """Whether a fit of a yes or no, whose design can be seen, has a coefficient with an error that
    only a separated outcome gives. A design that cannot be seen has no units to judge by.
    """
    model = getattr(fit, "model", None)
    design = np.asarray(getattr(model, "exog", np.empty(0)))
    outcome = np.asarray(getattr(model, "endog", np.empty(0)))
    is_yes_or_no = outcome.ndim == 1 and len(outcome) and np.isin(outcome, (0, 1)).all()
    if not is_yes_or_no or design.ndim != 2 or design.shape[1] != len(errors):
        return False
    return bool((errors * design.astype(float).std(axis=0) > INFINITE).any())
