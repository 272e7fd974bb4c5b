"""The same model on every completed data set, pooled."""

from collections.abc import Iterable
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
    df_rule: DfRule = "rubin",
) -> Pooled:
    """Fit a formula ("low ~ age + C(race)", read by formulaic) to completed data sets and pool the estimates.

    method: logit, firth (penalised, covariance from the ordinary information) or regress (least squares). The outcome
    is 0 and 1, truth values, or a number; rows without it are left out, because an outcome is not imputed. Names with
    spaces stand in `backquotes`. The columns of the design are those of the first data set. df_rule: rubin, with
    infinite degrees of freedom of the complete data for logit and firth (as Stata), or barnard-rubin, with those left
    over. Levels keep their categories.
    Raises ValueError if the formula cannot be read, ArithmeticError if a fit does not converge.
    """
    from formulaic import model_matrix

    outcome, _, right = formula.partition("~")
    outcome = outcome.strip().strip("`")
    params, covariances, spec, left = [], [], None, 0
    for number, data in enumerate(completed, 1):
        if outcome not in data or not right.strip():
            raise ValueError(f"fit: '{outcome}' is no column, or the formula has no right side.")
        known = data[data[outcome].notna()]
        plain = known.drop(columns=outcome).apply(_plain)
        if spec is None:
            first: Any = model_matrix(right, plain, output="pandas")
            spec, design = first.model_spec, first
        else:
            design = spec.get_model_matrix(plain)
        x, y = design.to_numpy(dtype=float), known[outcome].astype("Float64").to_numpy(dtype=float)
        left = len(y) - x.shape[1]
        try:
            estimate, covariance = FITS[method](x, y)
        except (ArithmeticError, np.linalg.LinAlgError) as error:
            raise ArithmeticError(f"fit: in completed data set {number} the estimates do not converge.") from error
        params.append(pd.Series(estimate, index=list(map(str, design.columns))))
        covariances.append(covariance)
    if spec is None:
        raise ValueError("fit: there is no completed data set.")
    names = list(params[0].index)
    terms = {str(term): names[at] for term, at in spec.term_slices.items()}
    z_based = method != "regress" and df_rule == "rubin"
    return pool_estimates(params, covariances, df_complete=inf if z_based else left, df_rule=df_rule, terms=terms)


def _plain(values: pd.Series) -> pd.Series:
    kind: Any = values.dtype
    if pd.api.types.is_numeric_dtype(kind):
        return values.astype("Float64").astype(float)
    return values if isinstance(kind, pd.CategoricalDtype) else values.astype("category")


def _logit(x: Array, y: Array) -> tuple[Array, Array]:
    params, information = methods.fit_logit(x, y)
    return params, np.linalg.inv(information)


def _firth(x: Array, y: Array) -> tuple[Array, Array]:
    from firthmodels import FirthLogisticRegression

    fitted = FirthLogisticRegression(backend="numpy", fit_intercept=False, max_iter=100, gtol=1e-7, xtol=1e-7)
    params = np.asarray(fitted.fit(x, y).coef_)
    chance = expit(x @ params)
    return params, np.linalg.inv((x.T * (chance * (1 - chance))) @ x)


def _regress(x: Array, y: Array) -> tuple[Array, Array]:
    inverse = np.linalg.inv(x.T @ x)
    params = inverse @ x.T @ y
    residual = y - x @ params
    return params, inverse * float(residual @ residual) / (len(y) - x.shape[1])


FITS = {"logit": _logit, "firth": _firth, "regress": _regress}
