"""The same model on every completed data set, pooled."""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import expit

from mothers_margins.imputation.formulas import FormulaError, RightSide, learned
from mothers_margins.imputation.logistic_regression import fit_logit
from mothers_margins.imputation.pooling import DfRule, Pooled, pool_estimates
from mothers_margins.imputation.values import as_event, as_numbers, is_number

Array = np.ndarray


def fit_each(
    completed: Iterable[pd.DataFrame],
    formula: str,
    method: Literal["logit", "firth", "regress"] = "logit",
    df_rule: DfRule | None = None,
) -> Pooled:
    """Fit a formula ("low ~ age + C(race)", read by formulaic) to completed data sets and pool the
    estimates.

    method: logit, firth (penalised, covariance from the ordinary information) or regress (least
    squares). The outcome is 0 and 1, truth values, Yes and No, or a number; rows without it, or
    without a variable that the formula names (which does not apply to them), are left out, because
    an outcome is not imputed. Names with spaces stand in `backquotes`. The columns of the design
    are those of the first data set, without levels that nobody in it has, and what terms learn
    (centres, knots) is learned from it: a term that would be another variable in every data set is
    refused. df_rule: rubin, with infinite degrees of freedom of the complete data, or
    barnard-rubin, with those left over; by default as in Stata rubin for logit and firth, and
    barnard-rubin for regress. Raises ValueError for a formula that cannot be read,
    an unknown method, an outcome that is none of these, and a level that only some data sets have;
    ArithmeticError if a fit does not converge or its columns depend on each other.
    """
    if method not in FITS:
        raise ValueError(f"fit: no method of that name; allowed: {', '.join(FITS)}.")
    df_rule = df_rule or ("barnard-rubin" if method == "regress" else "rubin")
    params = []
    covariances = []
    for number, design in enumerate(_designs(completed, formula, method), 1):
        try:
            estimate, covariance = _fit(design, method)
        except (ArithmeticError, np.linalg.LinAlgError) as error:
            wrong = f"fit: in completed data set {number} the estimates do not converge ({error})."
            raise ArithmeticError(wrong) from error
        params.append(pd.Series(estimate, index=design.names))
        covariances.append(covariance)
    if not params:
        raise ValueError("fit: there is no completed data set.")
    z_based = method != "regress" and df_rule == "rubin"
    return pool_estimates(
        params,
        covariances,
        df_complete=inf if z_based else len(design.y) - design.x.shape[1],
        df_rule=df_rule,
        terms=design.terms,
    )


@dataclass(frozen=True, eq=False)
class _Design:
    """Design and outcome of one data set: n x p and n; names of the p columns, and by term those of
    its own.
    """

    x: Array
    y: Array
    names: list[str]
    terms: dict[str, list[str]]


def _fit(design: _Design, method: str) -> tuple[Array, Array]:
    """Estimates and covariance; ArithmeticError where columns depend on each other.

    Fitted in columns that are centred, if there is a constant, and scaled, so that units and far
    zeros (a calendar year) do not matter.
    """
    rows, columns = design.x.shape
    constant = np.ptp(design.x, axis=0) == 0
    scale = np.where(constant, 1.0, design.x.std(axis=0))
    centre = np.zeros(columns)
    if constant.any():
        centre = np.where(constant, 0.0, design.x.mean(axis=0))
    standard = (design.x - centre) / scale
    if rows < columns or np.linalg.matrix_rank(standard) < columns:
        raise ArithmeticError("a column follows from the others")
    params, covariance = FITS[method](standard, design.y)
    back = np.diag(1 / scale)
    if constant.any():
        # what centring took from the other columns is the constant's
        place = int(np.argmax(constant))
        back[place] -= centre / scale / design.x[0, place]
    return back @ params, back @ covariance @ back.T


def _designs(completed: Iterable[pd.DataFrame], formula: str, method: str) -> Iterator[_Design]:
    """Data set by data set; all have the columns of the first."""
    outcome, _, text = formula.partition("~")
    outcome = outcome.strip().strip("`")
    right: RightSide | None = None
    for data in completed:
        if (data.columns == outcome).sum() != 1 or not text.strip():
            raise ValueError(
                f"fit: '{outcome}' is no column, or several, or the formula has no right side."
            )
        known = data[data[outcome].notna().to_numpy()]
        predictors = known.drop(columns=outcome)
        try:
            right = right or learned(text, predictors, of_several=True)
            design = right.design(predictors)
        except FormulaError as error:
            raise ValueError(f"fit: {error}") from None
        yield _Design(
            x=design.columns.to_numpy(dtype=float),
            y=_outcome(known[outcome], method)[design.rows],
            names=list(map(str, design.columns)),
            terms={term.text: list(term.columns) for term in right.terms},
        )


def _outcome(values: pd.Series, method: str) -> Array:
    y = as_event(values)
    if method == "regress" and is_number(values):
        y = as_numbers(values)
    if y is None or not np.isfinite(y).all():
        raise ValueError(
            f"fit: the outcome '{values.name}' must be 0 and 1, truth values, or Yes and No, for "
            "regress a number."
        )
    return y


def _logit(x: Array, y: Array) -> tuple[Array, Array]:
    params, information = fit_logit(x, y)
    return params, np.linalg.inv(information)


def _firth(x: Array, y: Array) -> tuple[Array, Array]:
    from firthmodels import FirthLogisticRegression

    fitted = FirthLogisticRegression(
        backend="numpy", fit_intercept=False, max_iter=100, gtol=1e-7, xtol=1e-7
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it converged is looked at below
        params = np.asarray(fitted.fit(x, y).coef_)
    chance = expit(x @ params)
    weights = chance * (1 - chance)
    covariance = np.linalg.inv((x.T * weights) @ x)
    leverage = weights * np.einsum("ij,jk,ik->i", x, covariance, x)
    # a further Newton step, in standard errors
    step = covariance @ (x.T @ (y - chance + leverage * (0.5 - chance)))
    if not np.abs(step / np.sqrt(np.diag(covariance))).max() < 1e-6:
        raise ArithmeticError("no convergence")
    return params, covariance


def _regress(x: Array, y: Array) -> tuple[Array, Array]:
    inverse = np.linalg.inv(x.T @ x)
    params = inverse @ x.T @ y
    residual = y - x @ params
    return params, inverse * float(residual @ residual) / (len(y) - x.shape[1])


FITS = {"logit": _logit, "firth": _firth, "regress": _regress}
