"""What a Stata user looks at after a logistic regression: specification, fit, influence, linearity,
calibration.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit

from mothers_margins.analysis.regression import likelihood
from mothers_margins.analysis.regression.fit import CONSTANT, Column, Fit
from mothers_margins.errors import expect
from mothers_margins.results.results import Results, tidy

# of the Hosmer-Lemeshow test and of the calibration table, as in Stata's `estat gof, group(10)`
GROUPS = 10
KNOTS = (5, 35, 65, 95)  # percentiles (Harrell 2001, Regression Modeling Strategies, table 2.3)
Row = dict[str, Any]


def check_model(fit: Fit) -> Results:
    """Checks of an adjusted model, all in one: kind checks, one row per statistic.

    linktest: the outcome on the linear predictor and its square; p of the square. goodness_of_fit:
    Hosmer and Lemeshow in ten groups, and Pearson over the patterns of explanatory variables. vif:
    1/(1 - R²) of each column on the others. influence: largest |change| of a coefficient in its
    standard errors when one participant is left out (one-step, Pregibon 1981, Ann Stat 9:705), and
    `n_beyond` with more than 2/√n. linearity: of a number, joint Wald test of the non-linear terms
    of a restricted cubic spline with four knots (Harrell 2001); of levels that enter as one step
    per level, joint Wald test of the levels beside it. discrimination: AUC with DeLong's interval
    (DeLong 1988, Biometrics 44:837). brier. calibration: per tenth of the fitted probability its
    participants (`n`), those with the outcome (`n_events`), and their expected number
    (`statistic`). All at the estimates of the fit, Firth's if that was the method; the data are
    those that made the model, so discrimination and calibration are flattered. A check that cannot
    be made is missing, with a code in `note`. Raises UsageError without a fit of a cohort.
    """
    expect(fit, Fit, "check_model", "what fit_logistic returns")
    about = fit._about("checks")
    x, y = fit.design.to_numpy(float), fit.event.to_numpy(float)
    chance = expit(x @ fit.solution.params)
    rows = [
        *_linktest(fit),
        *_goodness(x, y, chance),
        *_discrimination(y, chance, fit.rules.confidence),
    ]
    rows += [*_collinearity(fit), *_influence(fit, chance), *_linearity(fit)]
    method = "firth" if fit.method == "firth" else "complete_case"
    named = {
        "outcome": fit.outcome,
        "model": "adjusted",
        "specification": fit.model,
        "method": method,
        "n": fit.nobs,
    }
    return tidy([named | row for row in rows], about, fit.timepoint)


def _missing(check: str, name: str, why: str, variable: str = "", level: str = "") -> Row:
    row = {"check": check, "statistic_name": name, "status": "missing", "note": why}
    return row | {"variable": variable, "level": level}


def _refit(fit: Fit, design: np.ndarray) -> likelihood.Solution:
    """The outcome on another design, by the method of the fit."""
    y = fit.event.to_numpy(float)
    if fit.method == "firth":
        augmented = fit.rules.firth_std_error == "augmented"
        return likelihood.firth(design, y, fit.rules.confidence, augmented=augmented, profile=False)
    return likelihood.maximum_likelihood(design, y, fit.rules.confidence, profile=False)


def _linktest(fit: Fit) -> Iterator[Row]:
    linear = fit.design.to_numpy(float) @ fit.solution.params
    try:
        found = _refit(fit, np.column_stack([np.ones(fit.nobs), linear, linear**2]))
    except ArithmeticError:
        yield _missing("linktest", "square", "not_fitted")
        return
    z = found.params[2] / np.sqrt(found.covariance[2, 2])
    p_value = 2 * stats.norm.sf(abs(z))
    yield {
        "check": "linktest",
        "statistic_name": "square",
        "statistic": found.params[2],
        "p_value": p_value,
    }


def tenths(chance: np.ndarray) -> np.ndarray:
    """Group of each participant, from 0: the tenths of the fitted probability as Stata's xtile
    makes them.

    The cut after the k-th tenth is the ordered value number ceil(n k / 10), or the mean of that and
    the next where n k / 10 is whole; equal values stay together, so there can be fewer than ten
    groups.
    """
    ordered, n = np.sort(chance), len(chance)
    cuts = []
    for k in range(1, GROUPS):
        place = n * k / GROUPS
        whole = int(place)
        cuts.append(
            (ordered[whole - 1] + ordered[whole]) / 2
            if place == whole and whole
            else ordered[whole]
        )
    groups = np.searchsorted(np.unique(cuts), chance, side="left")
    found: np.ndarray = np.unique(groups, return_inverse=True)[1]
    return found


def _goodness(x: np.ndarray, y: np.ndarray, chance: np.ndarray) -> Iterator[Row]:
    groups = tenths(chance)
    n, observed, expected = (np.bincount(groups, weights) for weights in (None, y, chance))
    chi2 = float(((observed - expected) ** 2 / (expected * (1 - expected / n))).sum())
    df = len(n) - 2
    if df > 0:
        row = {"check": "goodness_of_fit", "statistic_name": "hosmer_lemeshow", "statistic": chi2}
        yield row | {"df": df, "p_value": stats.chi2.sf(chi2, df)}
    else:
        yield _missing("goodness_of_fit", "hosmer_lemeshow", "too_few_groups")
    _, pattern = np.unique(x, axis=0, return_inverse=True)
    size, events, mean = (np.bincount(pattern.ravel(), weights) for weights in (None, y, chance))
    probability = mean / size
    pearson = float(((events - mean) ** 2 / (size * probability * (1 - probability))).sum())
    df = len(size) - x.shape[1]
    if df > 0:
        row = {
            "check": "goodness_of_fit",
            "statistic_name": "pearson",
            "statistic": pearson,
            "df": df,
        }
        yield row | {"p_value": stats.chi2.sf(pearson, df), "patterns": len(size)}
    else:
        yield _missing("goodness_of_fit", "pearson", "too_few_patterns")
    for group in range(len(n)):
        row = {
            "check": "calibration",
            "statistic_name": "expected",
            "statistic": float(expected[group]),
        }
        yield row | {"tenth": group + 1, "n": int(n[group]), "n_events": int(observed[group])}


def _discrimination(y: np.ndarray, chance: np.ndarray, confidence: float) -> Iterator[Row]:
    events, others = chance[y == 1], chance[y == 0]
    above = (events[:, None] > others) + 0.5 * (events[:, None] == others)
    auc = float(above.mean())
    by_event, by_other = above.mean(axis=1), above.mean(axis=0)
    area: Row = {"check": "discrimination", "statistic_name": "auc", "statistic": auc}
    if min(len(events), len(others)) < 2:
        area["note"] = "too_few_for_interval"
    else:
        error = np.sqrt(by_event.var(ddof=1) / len(events) + by_other.var(ddof=1) / len(others))
        reach = float(stats.norm.ppf(0.5 + confidence / 200) * error)
        area |= {"conf_low": max(auc - reach, 0), "conf_high": min(auc + reach, 1)}
    yield area
    yield {
        "check": "brier",
        "statistic_name": "brier",
        "statistic": float(((y - chance) ** 2).mean()),
    }


def _collinearity(fit: Fit) -> Iterator[Row]:
    design = fit.design.drop(columns=CONSTANT, errors="ignore")
    correlation = np.corrcoef(design.to_numpy(float), rowvar=False).reshape(design.shape[1], -1)
    terms = [one for one in fit.columns if one.name != CONSTANT]
    for term, value in zip(terms, np.diag(np.linalg.inv(correlation)), strict=True):
        yield _of(term) | {"check": "vif", "statistic_name": "vif", "statistic": float(value)}


def _of(term: Column) -> Row:
    """The variable and level that a row is about; of a column that is neither, such as an
    interaction's, its name.
    """
    variable = term.variable or term.name
    own_name = term.name if term.name != variable else ""
    return {"variable": variable, "level": term.level or own_name}


def _influence(fit: Fit, chance: np.ndarray) -> Iterator[Row]:
    x, y = fit.design.to_numpy(float), fit.event.to_numpy(float)
    weights = chance * (1 - chance)
    inverse = np.linalg.inv((x.T * weights) @ x)
    leverage = weights * np.einsum("ij,jk,ik->i", x, inverse, x)
    if leverage.max() > 1 - 1e-8:
        for term in fit.columns:
            yield _missing("influence", "dfbeta", "decided_by_one", **_of(term))
        return
    change = (x @ inverse) * ((y - chance) / (1 - leverage))[:, None] / np.sqrt(np.diag(inverse))
    for term, moves in zip(fit.columns, np.abs(change).T, strict=True):
        beyond = int((moves > 2 / np.sqrt(fit.nobs)).sum())
        row = _of(term) | {"check": "influence", "statistic_name": "dfbeta"}
        yield row | {"statistic": float(moves.max()), "n_beyond": beyond}


def spline(values: np.ndarray) -> np.ndarray:
    """Non-linear terms of a restricted cubic spline with four knots: n x 2, zero below the first
    knot.

    Harrell 2001, eq. 2.25, over the square of the outer knots' distance. Raises ValueError where
    knots coincide.
    """
    t = np.percentile(values, KNOTS)
    if len(np.unique(t)) < len(t):
        raise ValueError("two of the knots are the same value")
    cubed = [np.maximum(values - knot, 0) ** 3 for knot in t]
    terms = [
        cubed[j]
        - cubed[-2] * (t[-1] - t[j]) / (t[-1] - t[-2])
        + cubed[-1] * (t[-2] - t[j]) / (t[-1] - t[-2])
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
        name = "levels_beside_step" if levels else "spline"
        try:
            seen = np.unique(values)
            more = (
                np.column_stack([values == step for step in seen[1:-1]])
                if levels
                else spline(values)
            )
            found = _refit(fit, np.column_stack([x, more]))
        except (ArithmeticError, np.linalg.LinAlgError):  # the latter is a ValueError too
            yield _missing("linearity", name, "not_fitted", **_of(one))
            continue
        except ValueError:
            yield _missing("linearity", name, "knots_coincide", **_of(one))
            continue
        extra = found.params[x.shape[1] :]
        covariance = found.covariance[x.shape[1] :, x.shape[1] :]
        chi2 = float(extra @ np.linalg.solve(covariance, extra))
        row = _of(one) | {"check": "linearity", "statistic_name": name, "statistic": chi2}
        yield row | {"df": len(extra), "p_value": float(stats.chi2.sf(chi2, len(extra)))}
