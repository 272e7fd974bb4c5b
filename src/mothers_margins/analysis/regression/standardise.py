"""Standardised predictions: how many in 100 would be expected with the outcome if everyone had one
level or another.

Everyone keeps her own values of the other variables; the fitted probabilities are averaged over all
(marginal standardisation, Muller and MacLehose 2014, Int J Epidemiol 43:962).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit

from mothers_margins.analysis.regression import likelihood
from mothers_margins.analysis.regression.fit import Fit, FittedModel
from mothers_margins.analysis.regression.pooled_fit import PooledFit
from mothers_margins.errors import UsageError, unknown
from mothers_margins.imputation import Pooled, pool_estimates
from mothers_margins.results.results import Results, Row, tidy
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

    fits: of a cohort or a data frame, or of imputed ones, whose shares are averaged over all
    participants of each data set and pooled on the logit scale by Rubin's rules; several of one
    model and outcome stand at the same values. variables: by default all of the model. A number, or
    levels that count as steps, are set to two values: the quartiles in the fit with most
    participants, or the first and last level. level: a level, or `lower_quartile` and
    `upper_quartile` of a number, whose value is in `at`. estimate, conf_low and conf_high are
    shares; std_error is of their logit, by the delta method with the participants held fixed (as
    Stata's margins). After Firth's method the constant is corrected first, so that the mean is the
    observed share (FLIC; see `likelihood.corrected_constant`).
    Raises UsageError for what is no fit, unknown variables, a model with interactions or
    functions, and fits whose columns differ.
    """
    if not fits or any(not isinstance(fit, FittedModel) or fit.about is None for fit in fits):
        raise UsageError("standardise: needs fits, as fit_logistic returns them.")
    if len({(fit.outcome, fit.model, tuple(c.name for c in fit.columns)) for fit in fits}) > 1:
        raise UsageError("standardise: the fits differ in outcome, model or columns.")
    largest = max(fits, key=lambda fit: fit.nobs)
    about = largest.about_as("predictions")
    chosen = _chosen(about.study, largest, variables)
    data_sets = _data_sets(largest)
    settings = [
        setting for variable in chosen for setting in _settings(about.study, data_sets, variable)
    ]
    rows = [row for fit in fits for row in _rows(fit, settings)]
    return tidy(rows, replace(about, groups={}), largest.timepoint)


def _chosen(study: Study, fit: Fit | PooledFit, asked: Sequence[str] | None) -> list[str]:
    """The variables that are asked for, by default all of the model; UsageError for others."""
    in_model = list(dict.fromkeys(column.variable for column in fit.columns if column.variable))
    not_single = [name for name in in_model if name not in study.declared]
    if not_single:
        raise UsageError(
            "standardise: the model has terms that are no single variable.", not_single
        )
    chosen = in_model if asked is None else list(asked)
    absent = [name for name in chosen if name not in in_model]
    if absent:
        raise unknown("variable", absent, in_model, "standardise")
    return chosen


def _data_sets(fit: Fit | PooledFit) -> tuple[Fit, ...]:
    """The fit of each data set."""
    return fit.fits if isinstance(fit, PooledFit) else (fit,)


def _rows(fit: Fit | PooledFit, settings: Sequence[_Setting]) -> Iterator[Row]:
    """One row per setting."""
    params = [(data_set, _corrected(data_set)) for data_set in _data_sets(fit)]
    common: Row = {
        "outcome": fit.outcome,
        "method": fit.in_results,
        "specification": fit.model,
        "model": "adjusted",
        "n": fit.nobs,
        "n_events": fit.n_events,
    }
    for setting in settings:
        shares = _pooled_share(fit, [_share(*each, setting) for each in params])
        # of shares, from limits on the logit scale
        low, high = expit(shares.conf_int(1 - fit.rules.confidence / 100).iloc[0])
        row: Row = {
            "variable": setting.variable,
            "level": setting.level,
            "at": setting.at,
            "estimate": expit(shares.params.iloc[0]),
            "std_error": shares.bse.iloc[0],
            "df": shares.df.iloc[0],
            "conf_low": low,
            "conf_high": high,
        }
        if isinstance(fit, PooledFit):
            row |= {
                "m": fit.m,
                "fmi": shares.fmi.iloc[0],
                "mc_error": shares.mc_error.iloc[0],
            }
        yield common | row


def _pooled_share(fit: Fit | PooledFit, shares: Sequence[tuple[float, float]]) -> Pooled:
    """Logits of one share and their variances, data set by data set, pooled by the rule of the
    fit.
    """
    logits = [[value] for value, _ in shares]
    variances = [[[variance]] for _, variance in shares]
    if isinstance(fit, PooledFit):
        rule, complete = fit.pooled.df_rule, fit.pooled.df_complete
        return pool_estimates(logits, variances, df_complete=complete, df_rule=rule)
    return pool_estimates(logits, variances)


def _corrected(fit: Fit) -> np.ndarray:
    params = fit.solution.params
    if fit.method != "firth":
        return params
    return likelihood.corrected_constant(
        fit.design.to_numpy(float), fit.event.to_numpy(float), params
    )


def _settings(study: Study, fits: Sequence[Fit], variable: str) -> Iterator[_Setting]:
    """What everyone is set to: each level beside the reference, or two values of a number or of
    steps.
    """
    first = fits[0]
    columns = [column for column in first.columns if column.variable == variable]
    if columns[0].level:
        names = [column.name for column in columns]
        yield _Setting(variable, columns[0].reference, _only(names, ""))
        for column in columns:
            yield _Setting(variable, column.level, _only(names, column.name))
        return
    name = columns[0].name
    # the numbers of a formula are as they are
    coding = study.coding(first.model, variable) if first.model in study.file.models else None
    if coding and coding.linear:
        levels = list(study.levels(variable))
        if coding.linear == "reversed":
            levels.reverse()
        yield _Setting(variable, levels[0], ((name, 0.0),))
        yield _Setting(variable, levels[-1], ((name, float(len(levels) - 1)),))
        return
    unit = coding.per if coding and coding.per else 1.0
    observed = np.concatenate([fit.design[name].to_numpy(float) for fit in fits])
    for side, quantile in (("lower_quartile", 0.25), ("upper_quartile", 0.75)):
        value = float(np.quantile(observed, quantile, method="averaged_inverted_cdf"))
        yield _Setting(variable, side, ((name, value),), value * unit)


def _only(names: Sequence[str], chosen: str) -> tuple[tuple[str, float], ...]:
    """Indicators of levels, one of them 1, or none at the reference."""
    return tuple((name, float(name == chosen)) for name in names)


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
