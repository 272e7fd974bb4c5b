"""Standardised predictions: how many in 100 would be expected with the outcome if everyone had one
level or another.

Everyone keeps her own values of the other variables; the fitted probabilities are averaged over all
(marginal standardisation, Muller and MacLehose 2014, Int J Epidemiol 43:962).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mothers_margins.analysis.regression import likelihood
from mothers_margins.analysis.regression.fit import Fit
from mothers_margins.analysis.regression.pooled_fit import PooledFit
from mothers_margins.errors import UsageError, unknown
from mothers_margins.imputation import pool_estimates
from mothers_margins.results.results import Results, tidy
from mothers_margins.study.study import Study


@dataclass(frozen=True)
class _Setting:
    """Everyone's value of one variable, and the columns of the design that it sets.

    level: a level, or `lower_quartile` or `upper_quartile` of a number, whose value is `at`.
    """

    variable: str
    level: str
    columns: tuple[tuple[str, float], ...]
    at: float = np.nan


def standardise(*fits: Fit | PooledFit, variables: Sequence[str] | None = None) -> Results:
    """Adjusted shares with the outcome at each level of an explanatory variable, given the others:
    kind predictions.

    fits: of a cohort, or of an imputed one, whose shares are averaged over all participants of each
    data set and pooled on the logit scale by Rubin's rules; several of one model and outcome stand
    at the same values. variables: by default all of the model. A number, or levels that count as
    steps, are set to two values: the quartiles in the fit with most participants, or the first and
    last level. level: a level, or `lower_quartile` and `upper_quartile` of a number, whose value is
    in `at`. estimate, conf_low and conf_high are shares; std_error is of their logit, by the delta
    method with the participants held fixed (as Stata's margins). After Firth's method the constant
    is corrected first, so that the mean is the observed share (FLIC; see
    `likelihood.corrected_constant`).
    Raises UsageError for a fit without a cohort, unknown variables, a model with interactions or
    functions, and fits whose columns differ.
    """
    if not fits or any(not isinstance(fit, Fit | PooledFit) or fit.about is None for fit in fits):
        raise UsageError("standardise: needs fits of a cohort, as fit_logistic returns them.")
    if len({(fit.outcome, fit.model, tuple(one.name for one in fit.columns)) for fit in fits}) > 1:
        raise UsageError("standardise: the fits differ in outcome, model or columns.")
    largest = max(fits, key=lambda fit: fit.nobs)
    assert largest.about  # noqa: S101 (looked at above)
    study = largest.about.study
    known = list(dict.fromkeys(one.variable for one in largest.columns if one.variable))
    odd = [name for name in known if name not in study.declared]
    if odd:
        raise UsageError("standardise: the model has terms that are no single variable.", odd)
    asked = known if variables is None else list(variables)
    absent = [name for name in asked if name not in known]
    if absent:
        raise unknown("variable", absent, known, "standardise")
    settings = [setting for name in asked for setting in _settings(study, _each(largest), name)]
    rows = [row for fit in fits for row in _rows(fit, settings)]
    return tidy(rows, replace(largest.about, kind="predictions", groups={}), largest.timepoint)


def _each(fit: Fit | PooledFit) -> tuple[Fit, ...]:
    return fit.fits if isinstance(fit, PooledFit) else (fit,)


def _rows(fit: Fit | PooledFit, settings: Sequence[_Setting]) -> Iterator[dict[str, Any]]:
    """One row per setting."""
    params = [_corrected(one) for one in _each(fit)]
    common: dict[str, Any] = {
        "outcome": fit.outcome,
        "method": fit.in_results,
        "specification": fit.model,
    }
    common |= {"model": "adjusted", "n": fit.nobs, "n_events": fit.n_events}
    rule = fit.pooled.df_rule if isinstance(fit, PooledFit) else "rubin"
    complete = fit.pooled.df_complete if isinstance(fit, PooledFit) else np.inf
    for setting in settings:
        found = [_share(one, own, setting) for one, own in zip(_each(fit), params, strict=True)]
        pooled = pool_estimates(
            [[e] for e, _ in found], [[[v]] for _, v in found], df_complete=complete, df_rule=rule
        )
        low, high = expit(pooled.conf_int(1 - fit.rules.confidence / 100).iloc[0])
        numbers: dict[str, Any] = {
            "estimate": expit(pooled.params.iloc[0]),
            "std_error": pooled.bse.iloc[0],
            "df": pooled.df.iloc[0],
        }
        own: dict[str, Any] = {"m": pd.NA, "fmi": np.nan, "mc_error": np.nan}
        if isinstance(fit, PooledFit):
            own = {"m": fit.m, "fmi": pooled.fmi.iloc[0], "mc_error": pooled.mc_error.iloc[0]}
        named: dict[str, Any] = {
            "variable": setting.variable,
            "level": setting.level,
            "at": setting.at,
            "conf_low": low,
            "conf_high": high,
        }
        yield common | named | numbers | own


def _corrected(fit: Fit) -> np.ndarray:
    params = fit.solution.params
    if fit.method != "firth":
        return params
    return likelihood.corrected_constant(
        fit.design.to_numpy(float), fit.event.to_numpy(float), params
    )


def _settings(study: Study, fits: Iterable[Fit], variable: str) -> Iterator[_Setting]:
    """What everyone is set to: each level beside the reference, or two values of a number or of
    steps.
    """
    first, *_ = every = tuple(fits)
    columns = [one for one in first.columns if one.variable == variable]
    if columns[0].level:
        none = tuple((one.name, 0.0) for one in columns)
        yield _Setting(variable, columns[0].reference, none)
        for one in columns:
            yield _Setting(
                variable, one.level, tuple((other.name, float(other is one)) for other in columns)
            )
        return
    name = columns[0].name
    coding = (
        study.coding(first.model, variable) if first.model in study.file.models else None
    )  # a formula's are as is
    if coding and coding.linear:
        levels = list(study.levels(variable))
        ends = (levels[-1], levels[0]) if coding.linear == "reversed" else (levels[0], levels[-1])
        yield _Setting(variable, ends[0], ((name, 0.0),))
        yield _Setting(variable, ends[1], ((name, float(len(levels) - 1)),))
        return
    unit = coding.per if coding and coding.per else 1.0
    observed = np.concatenate([one.design[name].to_numpy(float) for one in every])
    for side, quantile in (("lower_quartile", 0.25), ("upper_quartile", 0.75)):
        value = float(np.quantile(observed, quantile, method="averaged_inverted_cdf"))
        yield _Setting(variable, side, ((name, value),), value * unit)


def _share(fit: Fit, params: np.ndarray, setting: _Setting) -> tuple[float, float]:
    """Logit of the mean fitted probability with everyone at a setting, and its variance by the
    delta method.
    """
    design = fit.design.to_numpy(float).copy()
    for name, value in setting.columns:
        design[:, fit.design.columns.get_loc(name)] = value
    chance = expit(design @ params)
    mean = float(chance.mean())
    slope = (chance * (1 - chance)) @ design / len(chance) / (mean * (1 - mean))
    return float(logit(mean)), float(slope @ fit.solution.covariance @ slope)
