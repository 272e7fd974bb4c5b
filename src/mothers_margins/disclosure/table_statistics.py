"""Statistics of many tables at once. Arrays in, arrays out.

tables: k x r x 2 counts, levels by with and without the outcome. pairs: k x 2 x 2, a level and the
reference level below it. What is not defined in a table (an empty margin, zero divided by zero) is
missing; what is infinite is so.
"""

from typing import Literal, NamedTuple

import numpy as np
from scipy.special import chdtrc, gammaln, ndtr, ndtri, xlogy

# How an odds ratio and its interval are made. wald: maximum likelihood. half_wald: with 1/2 added
# to every cell (Haldane 1956, Ann Hum Genet 20:309), which is Firth's estimate with the error of
# the augmented data (logistf). firth_wald: the same with the error of the data themselves (SAS,
# brglm2). profile, firth_profile: the two estimates with limits by (penalised) profile likelihood.
Method = Literal["wald", "half_wald", "firth_wald", "profile", "firth_profile"]
TestName = Literal["chi_squared", "chi_squared_yates", "fisher_exact"]
TIE = 1e-7  # relative; tables as likely as the observed one count (as in R's fisher.test)
MOST = 5_000_000  # tables held at a time: some seconds
STEPS = 100
CLOSE = 1e-9  # of a step towards a profile limit, in log-odds


def added(method: Method) -> float:
    """What the method adds to every cell."""
    return 0.0 if method in ("wald", "profile") else 0.5


def log_odds_ratio(pairs: np.ndarray, method: Method) -> np.ndarray:
    """The logarithm of each pair's odds ratio.

    Firth's estimate of a table is that with 1/2 in every cell more (Firth 1993, Biometrika 80:27,
    §3.3: the penalty is the Jeffreys prior, here a product over levels).
    """
    cells = pairs + added(method)
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms = np.log(cells)
        log_odds = logarithms[:, :, 0] - logarithms[:, :, 1]
        ratio: np.ndarray = log_odds[:, 0] - log_odds[:, 1]
    return ratio


def standard_error(pairs: np.ndarray, method: Method) -> np.ndarray:
    """The standard error of each pair's log odds ratio (Woolf 1955, Ann Hum Genet 19:251); for
    `firth_wald` that of the information at Firth's estimate.
    """
    cells = pairs + added(method)
    with np.errstate(divide="ignore", invalid="ignore"):
        if method in ("firth_wald", "firth_profile"):
            totals = pairs.sum(axis=2)
            variances = (totals + 1) ** 2 / totals / cells.prod(axis=2)
        else:
            variances = (1 / cells).sum(axis=2)
        error: np.ndarray = np.sqrt(variances.sum(axis=1))
    return error


def log_limit(pairs: np.ndarray, method: Method, level: float, side: int) -> np.ndarray:
    """The lower (side -1) or upper (+1) limit of each pair's log odds ratio. level: in per cent."""
    normal = float(ndtri(0.5 + level / 200))
    estimate = log_odds_ratio(pairs, method)
    error = standard_error(pairs, method)
    with np.errstate(invalid="ignore"):  # infinite less infinite
        wald: np.ndarray = estimate + side * normal * error
    if method in ("wald", "half_wald", "firth_wald"):
        return wald
    return _profile_limit(pairs + added(method), wald, side * normal)


def odds_ratio_p(pairs: np.ndarray, method: Method) -> np.ndarray:
    """The p value of each pair's odds ratio: Wald's, or of the (penalised) likelihood ratio."""
    if method in ("profile", "firth_profile"):
        root = _signed_root(pairs + added(method), np.zeros(len(pairs))).root
        of_root: np.ndarray = chdtrc(1, root**2)
        return of_root
    with np.errstate(divide="ignore", invalid="ignore"):
        z = log_odds_ratio(pairs, method) / standard_error(pairs, method)
    p_value: np.ndarray = 2 * ndtr(-np.abs(z))
    return p_value


def risk_difference(pairs: np.ndarray) -> np.ndarray:
    """The share with the outcome at the level minus that at the reference, in points."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = pairs[:, :, 0] / pairs.sum(axis=2)
    difference: np.ndarray = 100 * (shares[:, 0] - shares[:, 1])
    return difference


def column_difference(tables: np.ndarray, row: int) -> np.ndarray:
    """A level's share among those with the outcome minus that among those without, in points."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = tables[:, row] / tables.sum(axis=1)
    difference: np.ndarray = 100 * (shares[:, 0] - shares[:, 1])
    return difference


def chi_squared(tables: np.ndarray, *, yates: bool = False) -> np.ndarray:
    """Pearson's chi-squared of each table; with Yates's correction for two levels only.

    With n as the denominator throughout, deviations from what is expected are whole numbers, so
    that only the last division blurs anything. Raises ValueError for Yates's with more levels.
    """
    if yates and tables.shape[1] != 2:
        raise ValueError("Yates's correction is for two levels.")
    n = tables.sum(axis=(1, 2))[:, None, None]
    expected = tables.sum(axis=2)[:, :, None] * tables.sum(axis=1)[:, None, :]  # times n
    deviations = np.abs(tables * n - expected).astype(float)
    if yates:
        deviations = np.maximum(deviations - n / 2, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic: np.ndarray = (deviations**2 / (n * expected)).sum(axis=(1, 2))
    return statistic


def cramers_v(tables: np.ndarray) -> np.ndarray:
    """Cramér's V of each table, by chi-squared without correction (1946, §21.9, two columns)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        effect: np.ndarray = np.sqrt(chi_squared(tables) / tables.sum(axis=(1, 2)))
    return effect


def p_of_test(tables: np.ndarray, name: TestName) -> np.ndarray:
    """The p value of each table, two-sided. Raises OverflowError as `fisher_exact`."""
    if name == "fisher_exact":
        return fisher_exact(tables)
    statistic = chi_squared(tables, yates=name == "chi_squared_yates")
    p_value: np.ndarray = chdtrc(tables.shape[1] - 1, statistic)
    return p_value


def fisher_exact(tables: np.ndarray) -> np.ndarray:
    """Fisher's exact test of each table: the probability of all tables with its margins that are at
    most as probable as itself (Freeman and Halton 1951, Biometrika 38:141).

    Tables with the same margins share one enumeration. Raises OverflowError where margins have more
    than 5 million tables.
    """
    p_values = np.empty(len(tables))
    margins = np.column_stack([tables.sum(axis=2), tables[:, :, 0].sum(axis=1)])
    order = np.lexsort(margins.T)
    is_new = (np.diff(margins[order], axis=0) != 0).any(axis=1)
    same_margins = np.split(order, np.flatnonzero(is_new) + 1) if len(tables) else []
    factorials = gammaln(np.arange(int(tables.sum(axis=2).max(initial=0)) + 1) + 1.0)
    for places in same_margins:
        totals = margins[places[0], :-1]
        events = int(margins[places[0], -1])
        weights = np.sort(_log_weight(_all_events(totals, events), totals, factorials))
        up_to = np.concatenate([[0.0], np.cumsum(np.exp(weights - weights[-1]))])
        own = _log_weight(tables[places, :, 0], totals, factorials)
        reached = np.searchsorted(weights, own + np.log1p(TIE), side="right")
        p_values[places] = np.minimum(up_to[reached] / up_to[-1], 1.0)
    return p_values


def expanded(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every whole number from low to high, for each of k ranges: the place of its range, and the
    number. An empty range has none. Raises OverflowError for more than 5 million.
    """
    lengths = np.maximum(high - low + 1, 0)
    if lengths.sum() > MOST:
        raise OverflowError(f"{lengths.sum()} tables; {MOST} are the most that are held.")
    places = np.repeat(np.arange(len(lengths)), lengths)
    starts = np.cumsum(lengths) - lengths
    return places, np.arange(len(places)) - starts[places] + low[places]


def _all_events(totals: np.ndarray, events: int) -> np.ndarray:
    """The first column of every table with these level totals and so many events: m x r."""
    columns = np.zeros((1, len(totals)), dtype=np.int64)
    for row, total in enumerate(totals):
        left = events - columns.sum(axis=1)
        room_below = int(totals[row + 1 :].sum())
        places, numbers = expanded(np.maximum(left - room_below, 0), np.minimum(left, total))
        columns = columns[places]
        columns[:, row] = numbers
    return columns


def _log_weight(events: np.ndarray, totals: np.ndarray, factorials: np.ndarray) -> np.ndarray:
    """Logarithm of the number of ways to choose a table's events from its levels. factorials: their
    logarithms, from 0 on.
    """
    ways = factorials[totals] - factorials[events] - factorials[totals - events]
    logarithm: np.ndarray = ways.sum(axis=1)
    return logarithm


class _Root(NamedTuple):
    """The signed root of twice the fall of the log-likelihood, and its slope in the log odds
    ratio.
    """

    root: np.ndarray
    slope: np.ndarray


def _profile_limit(cells: np.ndarray, start: np.ndarray, normal: float) -> np.ndarray:
    """Where the signed root of each pair is `normal`: Newton's method from Wald's limit, because
    the root is nearly a line. Missing where it is not reached.
    """
    limit = start.copy()
    moving = np.flatnonzero(np.isfinite(start))
    limit[~np.isfinite(start)] = np.nan
    for _ in range(STEPS):
        if not len(moving):
            return limit
        there = _signed_root(cells[moving], limit[moving])
        step = (there.root - normal) / there.slope
        limit[moving] -= step
        moving = moving[np.abs(step) > CLOSE]
    limit[moving] = np.nan
    return limit


def _signed_root(cells: np.ndarray, log_ratio: np.ndarray) -> _Root:
    """The signed root of each pair's profile likelihood at a log odds ratio. cells: with what the
    method adds; with 1/2 their likelihood is Firth's penalised one.
    """
    at_ratio = _fitted(cells, np.exp(log_ratio))
    at_maximum = log_odds_ratio(cells, "wald")  # cells as they stand
    with np.errstate(divide="ignore", invalid="ignore"):
        fall = xlogy(cells, cells / at_ratio).sum(axis=(1, 2))
        root = np.sign(log_ratio - at_maximum) * np.sqrt(np.maximum(2 * fall, 0))
        slope = (at_ratio[:, 0, 0] - cells[:, 0, 0]) / root
    return _Root(root, slope)


def _fitted(cells: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """Cells with the same margins and a given odds ratio, which maximise the likelihood over the
    reference level's odds.

    The first is the root x of (1 - ratio) x² + b x - ratio n1 m = 0 that lies in the table, with
    n1 the level's total, m the events and b = n0 - m + ratio (n1 + m) (Cornfield 1956).
    """
    level, reference = cells.sum(axis=2).T
    events = cells[:, :, 0].sum(axis=1)
    b = reference - events + ratio * (level + events)
    others = level + reference - events
    # b² + 4 (1 - ratio) ratio n1 m, written so that nothing cancels
    discriminant = (
        (reference - events) ** 2
        + 2 * ratio * (level * reference + events * others)
        + (ratio * (level - events)) ** 2
    )
    root = np.sqrt(discriminant)
    with np.errstate(divide="ignore", invalid="ignore"):
        # of the two forms of the root the one in which nothing cancels
        first = np.where(
            b >= 0, 2 * ratio * level * events / (b + root), (root - b) / (2 * (1 - ratio))
        )
    column = np.stack([first, events - first], axis=1)
    return np.stack([column, cells.sum(axis=2) - column], axis=2)
