"""What a Stata user looks at after a logistic regression: specification, fit, influence, linearity, calibration."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit

from mothers_margins import logistic
from mothers_margins.errors import expect
from mothers_margins.fitted import CONSTANT, Fit, joined, lock_note
from mothers_margins.results import Results, tidy

GROUPS = 10  # of the Hosmer-Lemeshow test and of the calibration table, as in Stata's `estat gof, group(10)`
KNOTS = (5, 35, 65, 95)  # percentiles (Harrell 2001, Regression Modeling Strategies, table 2.3)
Row = dict[str, Any]


def check_model(fit: Fit) -> Results:
    """Checks of an adjusted model, all in one: kind checks, one row per statistic.

    linktest: the outcome on the linear predictor and its square; p of the square. goodness_of_fit: Hosmer and Lemeshow
    in ten groups, and Pearson over the patterns of explanatory variables. vif: 1/(1 - R²) of each column on the others.
    influence: largest |change| of a coefficient in its standard errors when one participant is left out (one-step,
    Pregibon 1981, Ann Stat 9:705), and `n` with more than 2/√n. linearity: of a number, joint Wald test of the
    non-linear terms of a restricted cubic spline with four knots (Harrell 2001); of levels that enter as one step per
    level, joint Wald test of the levels beside it. discrimination: AUC with DeLong's interval (DeLong 1988, Biometrics
    44:837; in statistic_name low and high). brier. calibration: observed and expected number per group.
    All at the estimates of the fit, Firth's if that was the method; the data are those that made the model, so
    discrimination and calibration are flattered. A check that cannot be made is missing and says why.
    Raises UsageError without a fit of a cohort.
    """
    expect(fit, Fit, "check_model", "what fit_logistic returns")
    about = fit._about("checks")
    x, y = fit.design.to_numpy(float), fit.event.to_numpy(float)
    chance = expit(x @ fit.solution.params)
    rows = [*_linktest(fit), *_goodness(x, y, chance), *_discrimination(y, chance, fit.rules.confidence)]
    rows += [*_collinearity(fit), *_influence(fit, chance), *_linearity(fit)]
    method = "firth" if fit.method == "firth" else "complete_case"
    blank = {"variable": "", "statistic": np.nan, "df": np.nan, "p_value": np.nan, "n": fit.nobs}
    named = {"outcome": fit.outcome, "model": fit.model, "method": method}
    lock = lock_note(about, fit.model, fit.outcome)
    rows = [blank | named | row | {"note": joined(lock, row.get("note", ""))} for row in rows]
    return tidy(rows, about, fit.timepoint)


def _missing(check: str, name: str, variable: str, why: str) -> Row:
    return {"check": check, "statistic_name": name, "variable": variable, "status": "missing", "note": why}


def _refit(fit: Fit, design: np.ndarray) -> logistic.Solution:
    """The outcome on another design, by the method of the fit."""
    y = fit.event.to_numpy(float)
    if fit.method == "firth":
        augmented = fit.rules.firth_std_error == "augmented"
        return logistic.firth(design, y, fit.rules.confidence, augmented=augmented, profile=False)
    return logistic.maximum_likelihood(design, y, fit.rules.confidence, profile=False)


def _linktest(fit: Fit) -> Iterator[Row]:
    linear = fit.design.to_numpy(float) @ fit.solution.params
    try:
        found = _refit(fit, np.column_stack([np.ones(fit.nobs), linear, linear**2]))
    except ArithmeticError as error:
        yield _missing("linktest", "coefficient of the square", "", str(error))
        return
    z = found.params[2] / np.sqrt(found.covariance[2, 2])
    p_value = 2 * stats.norm.sf(abs(z))
    yield {"check": "linktest", "statistic_name": "coefficient of the square", "statistic": found.params[2]} | {
        "p_value": p_value
    }


def tenths(chance: np.ndarray) -> np.ndarray:
    """Group of each participant, from 0: the tenths of the fitted probability as Stata's xtile makes them.

    The cut after the k-th tenth is the ordered value number ceil(n k / 10), or the mean of that and the next where
    n k / 10 is whole; equal values stay together, so there can be fewer than ten groups.
    """
    ordered, n = np.sort(chance), len(chance)
    cuts = []
    for k in range(1, GROUPS):
        place = n * k / GROUPS
        whole = int(place)
        cuts.append((ordered[whole - 1] + ordered[whole]) / 2 if place == whole and whole else ordered[whole])
    groups = np.searchsorted(np.unique(cuts), chance, side="left")
    found: np.ndarray = np.unique(groups, return_inverse=True)[1]
    return found


def _goodness(x: np.ndarray, y: np.ndarray, chance: np.ndarray) -> Iterator[Row]:
    groups = tenths(chance)
    n, observed, expected = (np.bincount(groups, weights) for weights in (None, y, chance))
    chi2 = float(((observed - expected) ** 2 / (expected * (1 - expected / n))).sum())
    df = len(n) - 2
    found = {"check": "goodness_of_fit", "statistic_name": "Hosmer-Lemeshow chi-squared", "n": len(y)}
    if df > 0:
        yield found | {"statistic": chi2, "df": df, "p_value": stats.chi2.sf(chi2, df)}
    else:
        yield _missing("goodness_of_fit", str(found["statistic_name"]), "", "too few groups")
    _, pattern = np.unique(x, axis=0, return_inverse=True)
    size, events, mean = (np.bincount(pattern.ravel(), weights) for weights in (None, y, chance))
    probability = mean / size
    pearson = float(((events - mean) ** 2 / (size * probability * (1 - probability))).sum())
    df = len(size) - x.shape[1]
    name = "Pearson chi-squared over patterns"
    if df > 0:
        row = {"check": "goodness_of_fit", "statistic_name": name, "statistic": pearson, "df": df, "n": len(size)}
        yield row | {"p_value": stats.chi2.sf(pearson, df)}
    else:
        yield _missing("goodness_of_fit", name, "", "no more patterns than coefficients")
    for group in range(len(n)):
        for name, value in (("observed", observed[group]), ("expected", expected[group])):
            row = {"check": "calibration", "variable": f"group {group + 1}", "statistic_name": name}
            yield row | {"statistic": float(value), "n": int(n[group])}


def _discrimination(y: np.ndarray, chance: np.ndarray, confidence: float) -> Iterator[Row]:
    events, others = chance[y == 1], chance[y == 0]
    above = (events[:, None] > others) + 0.5 * (events[:, None] == others)
    auc = float(above.mean())
    by_event, by_other = above.mean(axis=1), above.mean(axis=0)
    yield {"check": "discrimination", "statistic_name": "AUC", "statistic": auc}
    if min(len(events), len(others)) < 2:
        for name in ("AUC low", "AUC high"):
            yield _missing("discrimination", name, "", "fewer than two with, or without, the outcome")
    else:
        error = np.sqrt(by_event.var(ddof=1) / len(events) + by_other.var(ddof=1) / len(others))
        reach = float(stats.norm.ppf(0.5 + confidence / 200) * error)
        for name, value in (("AUC low", max(auc - reach, 0)), ("AUC high", min(auc + reach, 1))):
            yield {"check": "discrimination", "statistic_name": name, "statistic": value}
    yield {"check": "brier", "statistic_name": "Brier score", "statistic": float(((y - chance) ** 2).mean())}


def _collinearity(fit: Fit) -> Iterator[Row]:
    design = fit.design.drop(columns=CONSTANT, errors="ignore")
    correlation = np.corrcoef(design.to_numpy(float), rowvar=False).reshape(design.shape[1], -1)
    for name, value in zip(design, np.diag(np.linalg.inv(correlation)), strict=True):
        yield {"check": "vif", "variable": str(name), "statistic_name": "VIF", "statistic": float(value)}


def _influence(fit: Fit, chance: np.ndarray) -> Iterator[Row]:
    x, y = fit.design.to_numpy(float), fit.event.to_numpy(float)
    weights = chance * (1 - chance)
    inverse = np.linalg.inv((x.T * weights) @ x)
    leverage = weights * np.einsum("ij,jk,ik->i", x, inverse, x)
    if leverage.max() > 1 - 1e-8:
        alone = "a participant alone decides a coefficient"
        yield from (_missing("influence", "largest |dfbeta|", str(name), alone) for name in fit.design)
        return
    change = (x @ inverse) * ((y - chance) / (1 - leverage))[:, None] / np.sqrt(np.diag(inverse))
    for name, found in zip(fit.design, np.abs(change).T, strict=True):
        above = int((found > 2 / np.sqrt(fit.nobs)).sum())
        row = {"check": "influence", "variable": str(name), "statistic_name": "largest |dfbeta|"}
        yield row | {"statistic": float(found.max()), "n": above}


def spline(values: np.ndarray) -> np.ndarray:
    """Non-linear terms of a restricted cubic spline with four knots: n x 2, zero below the first knot.

    Harrell 2001, eq. 2.25, over the square of the outer knots' distance. Raises ValueError where knots coincide.
    """
    t = np.percentile(values, KNOTS)
    if len(np.unique(t)) < len(t):
        raise ValueError("two of the knots are the same value")
    cubed = [np.maximum(values - knot, 0) ** 3 for knot in t]
    terms = [
        cubed[j] - cubed[-2] * (t[-1] - t[j]) / (t[-1] - t[-2]) + cubed[-1] * (t[-2] - t[j]) / (t[-1] - t[-2])
        for j in range(len(t) - 2)
    ]
    found: np.ndarray = np.column_stack(terms) / (t[-1] - t[0]) ** 2
    return found


def _linearity(fit: Fit) -> Iterator[Row]:
    x = fit.design.to_numpy(float)
    for k, one in enumerate(fit.columns):
        values = x[:, k]
        if one.level or one.name == CONSTANT or len(np.unique(values)) < 3:
            continue
        levels = one.variable in set(fit.cells.get("variable", pd.Series(dtype=str)))
        name = "levels beside the step" if levels else "spline terms"
        try:
            seen = np.unique(values)
            more = np.column_stack([values == step for step in seen[1:-1]]) if levels else spline(values)
            found = _refit(fit, np.column_stack([x, more]))
        except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
            yield _missing("linearity", name, one.name, str(error))
            continue
        extra = found.params[x.shape[1] :]
        covariance = found.covariance[x.shape[1] :, x.shape[1] :]
        chi2 = float(extra @ np.linalg.solve(covariance, extra))
        row = {"check": "linearity", "variable": one.name, "statistic_name": f"{name}, chi-squared", "statistic": chi2}
        yield row | {"df": len(extra), "p_value": float(stats.chi2.sf(chi2, len(extra)))}
