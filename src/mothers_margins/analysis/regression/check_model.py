"""What a Stata user looks at after a logistic regression: specification, fit, influence, linearity,
calibration.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit

from mothers_margins.analysis.regression import likelihood
from mothers_margins.analysis.regression.fit import CONSTANT, Column, Fit, joined
from mothers_margins.errors import expect
from mothers_margins.results.results import Results, Row, tidy

# of the Hosmer-Lemeshow test and of the calibration table, as in Stata's `estat gof, group(10)`
GROUPS = 10
KNOTS = (5, 35, 65, 95)  # percentiles (Harrell 2001, Regression Modeling Strategies, table 2.3)


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
    be made is missing, with a code in `note`; one that takes participants of a cluster for
    independent says so. Raises UsageError for anything but a fit of one data set.
    """
    expect(fit, Fit, "check_model", "what fit_logistic returns")
    x = fit.design.to_numpy(float)
    y = fit.event.to_numpy(float)
    chance = expit(x @ fit.solution.params)
    rows = [
        *_linktest(fit),
        *_goodness(x, y, chance),
        *_discrimination(y, chance, fit.rules.confidence),
        *_collinearity(fit),
        *_influence(fit, chance),
        *_linearity(fit),
    ]
    common: Row = {
        "outcome": fit.outcome,
        "model": "adjusted",
        "specification": fit.model,
        "method": fit.in_results,
        "n": fit.nobs,
    }
    if fit.cluster is not None:
        rows = [_without_clusters(row) for row in rows]
    return tidy([common | row for row in rows], fit.about_as("checks"), fit.timepoint)


def _without_clusters(row: Row) -> Row:
    """A check with a p or an interval, which take participants for independent, and says so."""
    if "p_value" not in row and "conf_low" not in row:
        return row
    return row | {"note": joined(str(row.get("note", "")), "clusters_not_allowed_for")}


def _missing(check: str, name: str, why: str, about: Row | None = None) -> Row:
    """The row of a check that cannot be made. about: the variable and level, if there is one."""
    row: Row = {"check": check, "statistic_name": name, "status": "missing", "note": why}
    return row | (about or {"variable": "", "level": ""})


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
        again = _refit(fit, np.column_stack([np.ones(fit.nobs), linear, linear**2]))
    except ArithmeticError:
        yield _missing("linktest", "square", "not_fitted")
        return
    of_square = again.params[2]
    z = of_square / np.sqrt(again.covariance[2, 2])
    yield {
        "check": "linktest",
        "statistic_name": "square",
        "statistic": of_square,
        "p_value": 2 * stats.norm.sf(abs(z)),
    }


def tenths(chance: np.ndarray) -> np.ndarray:
    """Group of each participant, from 0: the tenths of the fitted probability as Stata's xtile
    makes them.

    The cut after the k-th tenth is the ordered value number ceil(n k / 10), or the mean of that and
    the next where n k / 10 is whole; equal values stay together, so there can be fewer than ten
    groups.
    """
    cuts = [_cut_after(np.sort(chance), k) for k in range(1, GROUPS)]
    groups = np.searchsorted(np.unique(cuts), chance, side="left")
    numbered: np.ndarray = np.unique(groups, return_inverse=True)[1]
    return numbered


def _cut_after(ordered: np.ndarray, k: int) -> float:
    """Where the k-th tenth of some ordered values ends."""
    place = len(ordered) * k / GROUPS
    whole = int(place)
    if place == whole and whole:
        return float((ordered[whole - 1] + ordered[whole]) / 2)
    return float(ordered[whole])


def _goodness(x: np.ndarray, y: np.ndarray, chance: np.ndarray) -> Iterator[Row]:
    yield from _hosmer_lemeshow(y, chance)
    yield from _pearson(x, y, chance)
    yield from _calibration(y, chance)


def _by_group(groups: np.ndarray, y: np.ndarray, chance: np.ndarray) -> Iterator[np.ndarray]:
    """Of each group its size, those with the outcome, and their expected number."""
    for weights in (None, y, chance):
        yield np.bincount(groups, weights)


def _hosmer_lemeshow(y: np.ndarray, chance: np.ndarray) -> Iterator[Row]:
    n, observed, expected = _by_group(tenths(chance), y, chance)
    chi2 = float(((observed - expected) ** 2 / (expected * (1 - expected / n))).sum())
    df = len(n) - 2
    if df <= 0:
        yield _missing("goodness_of_fit", "hosmer_lemeshow", "too_few_groups")
        return
    yield _goodness_of_fit("hosmer_lemeshow", chi2, df)


def _pearson(x: np.ndarray, y: np.ndarray, chance: np.ndarray) -> Iterator[Row]:
    _, pattern = np.unique(x, axis=0, return_inverse=True)
    n, observed, expected = _by_group(pattern.ravel(), y, chance)
    probability = expected / n
    chi2 = float(((observed - expected) ** 2 / (n * probability * (1 - probability))).sum())
    df = len(n) - x.shape[1]
    if df <= 0:
        yield _missing("goodness_of_fit", "pearson", "too_few_patterns")
        return
    yield _goodness_of_fit("pearson", chi2, df) | {"patterns": len(n)}


def _goodness_of_fit(name: str, chi2: float, df: int) -> Row:
    return {
        "check": "goodness_of_fit",
        "statistic_name": name,
        "statistic": chi2,
        "df": df,
        "p_value": stats.chi2.sf(chi2, df),
    }


def _calibration(y: np.ndarray, chance: np.ndarray) -> Iterator[Row]:
    by_tenth = zip(*_by_group(tenths(chance), y, chance), strict=True)
    for tenth, (n, observed, expected) in enumerate(by_tenth, 1):
        yield {
            "check": "calibration",
            "statistic_name": "expected",
            "statistic": float(expected),
            "tenth": tenth,
            "n": int(n),
            "n_events": int(observed),
        }


def _discrimination(y: np.ndarray, chance: np.ndarray, confidence: float) -> Iterator[Row]:
    events = chance[y == 1]
    others = chance[y == 0]
    # who of every pair of one with and one without the outcome has the higher probability
    above = (events[:, None] > others) + 0.5 * (events[:, None] == others)
    auc = float(above.mean())
    area: Row = {"check": "discrimination", "statistic_name": "auc", "statistic": auc}
    if min(len(events), len(others)) < 2:
        area["note"] = "too_few_for_interval"
    else:
        of_events = above.mean(axis=1).var(ddof=1) / len(events)
        of_others = above.mean(axis=0).var(ddof=1) / len(others)
        reach = float(stats.norm.ppf(0.5 + confidence / 200) * np.sqrt(of_events + of_others))
        area |= {"conf_low": max(auc - reach, 0), "conf_high": min(auc + reach, 1)}
    yield area
    brier = float(((y - chance) ** 2).mean())
    yield {"check": "brier", "statistic_name": "brier", "statistic": brier}


def _collinearity(fit: Fit) -> Iterator[Row]:
    design = fit.design.drop(columns=CONSTANT, errors="ignore")
    correlation = np.corrcoef(design.to_numpy(float), rowvar=False).reshape(design.shape[1], -1)
    columns = [column for column in fit.columns if column.name != CONSTANT]
    for column, vif in zip(columns, np.diag(np.linalg.inv(correlation)), strict=True):
        yield _of(column) | {"check": "vif", "statistic_name": "vif", "statistic": float(vif)}


def _of(column: Column) -> Row:
    """The variable and level that a row is about; of a column that is neither, such as an
    interaction's, its name.
    """
    variable = column.variable or column.name
    own_name = column.name if column.name != variable else ""
    return {"variable": variable, "level": column.level or own_name}


def _influence(fit: Fit, chance: np.ndarray) -> Iterator[Row]:
    x = fit.design.to_numpy(float)
    weights = chance * (1 - chance)
    inverse = np.linalg.inv((x.T * weights) @ x)
    leverage = weights * np.einsum("ij,jk,ik->i", x, inverse, x)
    if leverage.max() > 1 - 1e-8:
        for column in fit.columns:
            yield _missing("influence", "dfbeta", "decided_by_one", _of(column))
        return
    residual = fit.event.to_numpy(float) - chance
    change = (x @ inverse) * (residual / (1 - leverage))[:, None] / np.sqrt(np.diag(inverse))
    for column, moves in zip(fit.columns, np.abs(change).T, strict=True):
        yield _of(column) | {
            "check": "influence",
            "statistic_name": "dfbeta",
            "statistic": float(moves.max()),
            "n_beyond": int((moves > 2 / np.sqrt(fit.nobs)).sum()),
        }


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
    scaled: np.ndarray = np.column_stack(terms) / (t[-1] - t[0]) ** 2
    return scaled


def _linearity(fit: Fit) -> Iterator[Row]:
    variables_with_levels = set(fit.cells.get("variable", pd.Series(dtype=str)))
    for place, column in enumerate(fit.columns):
        values = fit.design.iloc[:, place].to_numpy(float)
        if column.level or column.name == CONSTANT or len(np.unique(values)) < 3:
            continue
        are_steps = column.variable in variables_with_levels
        name = "levels_beside_step" if are_steps else "spline"
        try:
            beside = _each_step(values) if are_steps else spline(values)
            numbers = _test_beside(fit, beside)
        except (ArithmeticError, np.linalg.LinAlgError):  # the latter is a ValueError too
            yield _missing("linearity", name, "not_fitted", _of(column))
        except ValueError:
            yield _missing("linearity", name, "knots_coincide", _of(column))
        else:
            yield _of(column) | {"check": "linearity", "statistic_name": name} | numbers


def _each_step(values: np.ndarray) -> np.ndarray:
    """An indicator of each level that enters as a step, but for the first and the last."""
    return np.column_stack([values == step for step in np.unique(values)[1:-1]])


def _test_beside(fit: Fit, beside: np.ndarray) -> Row:
    """Joint Wald test of more columns beside those of a fit."""
    k = fit.design.shape[1]
    again = _refit(fit, np.column_stack([fit.design.to_numpy(float), beside]))
    params = again.params[k:]
    chi2 = float(params @ np.linalg.solve(again.covariance[k:, k:], params))
    df = len(params)
    return {"statistic": chi2, "df": df, "p_value": float(stats.chi2.sf(chi2, df))}
