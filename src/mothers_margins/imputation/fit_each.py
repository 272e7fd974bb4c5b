"""The same model on every completed data set, pooled."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import expit

from mothers_margins.imputation import methods
from mothers_margins.imputation.pooling import DfRule, Pooled, pool_estimates

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
    squares). The outcome is 0 and 1, truth values, or a number; rows without it, or without a
    predictor (which does not apply to them), are left out, because an outcome is not imputed. Names
    with spaces stand in `backquotes`. The columns of the design are those of the first data set,
    without levels that nobody in it has. df_rule: rubin, with infinite degrees of freedom of the
    complete data, or barnard-rubin, with those left over; by default as in Stata rubin for logit
    and firth, and barnard-rubin for regress. Raises ValueError for a formula that cannot be read,
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
    """Estimates and covariance; ArithmeticError where columns depend on each other."""
    rows, columns = design.x.shape
    if rows < columns or np.linalg.matrix_rank(_scaled(design.x)) < columns:
        raise ArithmeticError("a column follows from the others")
    return FITS[method](design.x, design.y)


def _scaled(x: Array) -> Array:
    """Columns of largest value 1: small numbers would look like noughts to the rank."""
    return np.asarray(x / np.maximum(np.abs(x).max(axis=0), 1e-300))


def _designs(completed: Iterable[pd.DataFrame], formula: str, method: str) -> Iterator[_Design]:
    """Data set by data set; all have the columns of the first."""
    from formulaic import model_matrix

    outcome, _, right = formula.partition("~")
    outcome = outcome.strip().strip("`")
    # Any: formulaic has no types for what it returns; levels are of any type that pandas takes
    spec: Any = None
    levels: dict[Any, pd.Index] = {}
    for data in completed:
        if outcome not in data or not right.strip():
            raise ValueError(f"fit: '{outcome}' is no column, or the formula has no right side.")
        known = data[data[outcome].notna()].reset_index(drop=True)
        predictors = _with_levels(known.drop(columns=outcome).apply(_plain), levels)
        try:
            if spec is None:
                design = model_matrix(right, predictors, output="pandas")
                spec = design.model_spec
            else:
                design = spec.get_model_matrix(predictors)
        except Exception as error:
            wrong = f"fit: the right side of the formula cannot be read ({type(error).__name__})."
            raise ValueError(wrong) from None
        names = list(map(str, design.columns))
        yield _Design(
            x=design.to_numpy(dtype=float),
            # formulaic leaves out the rows that have no predictor
            y=_outcome(known[outcome], method)[np.asarray(design.index)],
            names=names,
            terms={str(term): names[at] for term, at in spec.term_slices.items()},
        )


def _with_levels(predictors: pd.DataFrame, levels: dict[Any, pd.Index]) -> pd.DataFrame:
    """Categories as in the first data set, whose levels are noted in `levels`; ValueError for one
    that only another data set has.
    """
    predictors = predictors.copy()
    for name in predictors.select_dtypes("category"):
        column = predictors[name].cat.remove_unused_categories()
        of_first = levels.setdefault(name, column.cat.categories)
        predictors[name] = column.cat.set_categories(of_first)
        if predictors[name].notna().sum() < column.notna().sum():
            raise ValueError(
                f"fit: '{name}' has a level that only some data sets have; put levels together."
            )
    return predictors


def _outcome(values: pd.Series, method: str) -> Array:
    kind: Any = values.dtype  # the stubs of pandas do not tell kinds of dtype apart
    number = pd.api.types.is_bool_dtype(kind) or pd.api.types.is_numeric_dtype(kind)
    y = values.astype("Float64").to_numpy(dtype=float) if number else np.empty(0)
    if not number or (method != "regress" and not np.isin(y, (0, 1)).all()):
        raise ValueError(
            f"fit: the outcome '{values.name}' must be 0 and 1 or truth values, for regress a "
            "number."
        )
    return np.asarray(y)


def _plain(values: pd.Series) -> pd.Series:
    kind: Any = values.dtype  # as above
    if pd.api.types.is_numeric_dtype(kind):
        return values.astype("Float64").astype(float)
    return values if isinstance(kind, pd.CategoricalDtype) else values.astype("category")


def _logit(x: Array, y: Array) -> tuple[Array, Array]:
    params, information = methods.fit_logit(x, y)
    return params, np.linalg.inv(information)


def _firth(x: Array, y: Array) -> tuple[Array, Array]:
    from firthmodels import FirthLogisticRegression

    fitted = FirthLogisticRegression(
        backend="numpy", fit_intercept=False, max_iter=100, gtol=1e-7, xtol=1e-7
    )
    params = np.asarray(fitted.fit(x, y).coef_)
    chance = expit(x @ params)
    return params, np.linalg.inv((x.T * (chance * (1 - chance))) @ x)


def _regress(x: Array, y: Array) -> tuple[Array, Array]:
    inverse = np.linalg.inv(x.T @ x)
    params = inverse @ x.T @ y
    residual = y - x @ params
    return params, inverse * float(residual @ residual) / (len(y) - x.shape[1])


FITS = {"logit": _logit, "firth": _firth, "regress": _regress}
