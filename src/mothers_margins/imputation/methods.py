"""One incomplete variable given the others: fit on the observed, draw the parameters, draw the
missing values.

Every method draws its parameters from their approximate posterior (Rubin 1987, ch. 5), the
categorical ones too, as Stata does and mice's polr and polyreg do not. Arrays in, arrays out: x is
n x p with the constant first, codes count the levels from 0. White, Royston and Wood 2011 (Stat Med
30:377) describe the methods.
"""

from collections.abc import Callable

import numpy as np
from scipy import stats
from scipy.linalg import lapack
from scipy.special import expit, log_ndtr

Array = np.ndarray
STEPS, LARGEST_STEP, FAR = 14, 5.0, 30.0  # Newton needs 3 to 8 steps where there is a maximum
# the largest last step; what is left after it is about its square: 1e-4 beside standard errors of
# 0.1 and more of standardised predictors is plenty where the parameters are drawn anyway
EXACT, ENOUGH = 1e-5, 1e-2
ENOUGH_SHARE = 1e-6  # of a share: that far an expected count may be from the drawn one
RIDGE = 1e-10  # of the mean diagonal: keeps a Cholesky factor of a nearly singular information


class NotConvergedError(ArithmeticError):
    """The estimates run away, as with perfect prediction."""


def augmented(x: Array, codes: Array, levels: int, every: Array) -> tuple[Array, Array, Array]:
    """Observed rows with the pseudo-rows of White, Daniel and Royston (2010, Comput Stat Data Anal
    54:2267); weights.

    For each column but the constant two rows per level, half a standard deviation below and above
    its mean (over `every` row, within its range), the other columns at their means; all pseudo-rows
    together weigh the number of columns.
    """
    p = x.shape[1]
    centre, spread = every.mean(axis=0), every.std(axis=0, ddof=1)
    column = np.repeat(np.arange(1, p), 2 * levels)
    moved = centre[column] + np.tile([0.5, -0.5], levels * (p - 1)) * spread[column]
    pseudo = np.repeat(centre[None, :], len(column), axis=0)
    pseudo[np.arange(len(column)), column] = np.clip(
        moved, every.min(axis=0)[column], every.max(axis=0)[column]
    )
    pseudo_codes = np.repeat(np.tile(np.arange(levels), p - 1), 2)
    weights = np.concatenate([np.ones(len(x)), np.full(len(pseudo), p / max(len(pseudo), 1))])
    return np.vstack([x, pseudo]), np.concatenate([codes, pseudo_codes]), weights


def root(information: Array) -> Array:
    """Lower Cholesky factor of an information; only a singular one gets a ridge. LAPACK itself: it
    is called often.
    """
    factor, fault = lapack.dpotrf(information, lower=1, clean=1)
    power = 0
    while fault and power < 8:
        ridge = RIDGE * 10**power * np.einsum("ii->i", information).mean()
        factor, fault = lapack.dpotrf(
            information + ridge * np.eye(len(information)), lower=1, clean=1
        )
        power += 1
    if fault:
        raise NotConvergedError("the information is singular")
    return np.asarray(factor)


def is_loose(factor: Array, information: Array) -> bool:
    """Whether a parameter is all but given by those before it: little is left of its information by
    the factor.
    """
    return bool((np.einsum("ii->i", factor) ** 2 < 1e-7 * np.einsum("ii->i", information)).any())


def dependent(gram: Array) -> Array:
    """Places of the columns that are sums of those before them, from x'x: under 1e-8 of their
    square is their own.
    """
    diagonal = np.maximum(np.einsum("ii->i", gram), 1e-300)
    scaled = gram / np.sqrt(diagonal) / np.sqrt(diagonal)[:, None]
    scaled[np.arange(len(gram)), np.arange(len(gram))] = 1 + 1e-10  # a factor that exists
    factor, fault = lapack.dpotrf(scaled, lower=1, clean=1)
    return (
        np.empty(0, dtype=int) if fault else np.flatnonzero(np.einsum("ii->i", factor) ** 2 < 1e-8)
    )


def moved(estimate: Array, factor: Array, rng: np.random.Generator) -> Array:
    """A draw from N(estimate, information^-1), by the factor of the information."""
    by, _ = lapack.dtrtrs(factor, rng.standard_normal(len(estimate)), lower=1, trans=1)
    return np.asarray(estimate + by)


def drawn(estimate: Array, information: Array, rng: np.random.Generator) -> Array:
    """A draw from N(estimate, information^-1)."""
    return moved(estimate, root(information), rng)


def _newton(
    start: Array,
    pieces: Callable[[Array], tuple[float, Array, Array]],
    tolerance: float = EXACT,
    spreads: Array | None = None,
) -> tuple[Array, Array]:
    """Maximise a concave log-likelihood; returns estimate and information. Raises NotConvergedError
    if it runs away.

    spreads: of what each parameter is multiplied with, where pseudo-rows support it, so that there
    is a maximum. That may be far: it is given the steps to get there, and a rare indicator, whose
    parameter can be in the hundreds, steps as long as its small spread allows.
    """
    params = start
    value, score, information = pieces(params)
    reach = np.ones(len(start)) if spreads is None else spreads
    for _ in range(STEPS * (1 if spreads is None else 10)):
        step, _ = lapack.dpotrs(root(information), score, lower=1)
        step *= min(1.0, LARGEST_STEP / max(np.abs(step * reach).max(), 1e-300))
        for _ in range(12):
            tried, score_there, information_there = pieces(params + step)
            if np.isfinite(tried) and tried >= value - 1e-10 * max(1.0, abs(value)):
                break
            step = step / 2
        else:
            raise NotConvergedError("no step gains")
        gained, value = tried - value, tried
        params, score, information = params + step, score_there, information_there
        if np.abs(step * reach).max() < tolerance or (
            abs(gained) < 1e-12 and np.abs(score).max() < 1e-6
        ):
            return params, information
    raise NotConvergedError("no convergence")


def _spreads(x: Array) -> Array:
    """Of each column the standard deviation, at most 1 and not below 0.01; of the constant 1."""
    spreads = np.clip(x.std(axis=0), 0.01, 1.0)
    spreads[0] = 1.0
    return np.asarray(spreads)


def _gram(x: Array, weights: Array) -> Array:
    """x' W x for weights of zero and more; both factors the same array, for which numpy does half
    the work.
    """
    half = x * np.sqrt(weights)[:, None]
    return np.asarray(half.T @ half)


def _check(linear: Array, weights: Array | None) -> None:
    if weights is None and np.abs(linear).max() > FAR:
        raise NotConvergedError("fitted probabilities of zero or one")


# ---- binary, ordered and unordered levels


def fit_logit(
    x: Array,
    codes: Array,
    weights: Array | None = None,
    start: Array | None = None,
    tolerance: float = EXACT,
) -> tuple[Array, Array]:
    """Maximum likelihood of codes 0 and 1; estimate and information."""
    w = np.ones(len(x)) if weights is None else weights

    def pieces(params: Array) -> tuple[float, Array, Array]:
        linear = x @ params
        chance = expit(linear)
        value = float(w @ (codes * linear - np.logaddexp(0, linear)))
        return value, x.T @ (w * (codes - chance)), _gram(x, w * chance * (1 - chance))

    spreads = None if weights is None else _spreads(x)
    params, information = _newton(
        np.zeros(x.shape[1]) if start is None else start, pieces, tolerance, spreads
    )
    _check(x @ params, weights)
    return params, information


def draw_logit(x: Array, params: Array, levels: int, rng: np.random.Generator) -> Array:
    """A level for every row."""
    return np.asarray(rng.random(len(x)) < expit(x @ params)).astype(int)


def fit_mlogit(
    x: Array,
    codes: Array,
    weights: Array | None = None,
    start: Array | None = None,
    tolerance: float = EXACT,
) -> tuple[Array, Array]:
    """Maximum likelihood of unordered levels, the first as base; estimates level by level, and
    information.
    """
    w = np.ones(len(x)) if weights is None else weights
    levels, p = int(codes.max()) + 1, x.shape[1]
    chosen = np.eye(levels)[codes][:, 1:]

    def pieces(params: Array) -> tuple[float, Array, Array]:
        chance, norm, linear = _shares(x, params, levels)
        value = float(w @ ((chosen * linear).sum(axis=1) - norm))
        score = (x.T @ (w[:, None] * (chosen - chance))).T.ravel()
        return value, score, _mlogit_information(x, w, chance)

    params, information = _newton(
        np.zeros((levels - 1) * p) if start is None else start,
        pieces,
        tolerance,
        None if weights is None else np.tile(_spreads(x), levels - 1),
    )
    _check(x @ params.reshape(levels - 1, p).T, weights)
    return params, information


def _mlogit_information(x: Array, weights: Array, chance: Array) -> Array:
    """Blocks of p x p, level by level but the base: of the variances of the levels' indicators and
    of their covariances.
    """
    p = x.shape[1]
    levels = chance.shape[1]
    information = np.empty((levels * p, levels * p))
    for a in range(levels):
        own = slice(a * p, (a + 1) * p)
        information[own, own] = _gram(x, weights * chance[:, a] * (1 - chance[:, a]))
        for b in range(a + 1, levels):
            other = slice(b * p, (b + 1) * p)
            block = -_gram(x, weights * chance[:, a] * chance[:, b])
            information[own, other] = block
            information[other, own] = block
    return information


def _shares(x: Array, params: Array, levels: int) -> tuple[Array, Array, Array]:
    linear = x @ params.reshape(levels - 1, x.shape[1]).T
    highest = np.maximum(linear.max(axis=1), 0)
    norm = highest + np.log(np.exp(-highest) + np.exp(linear - highest[:, None]).sum(axis=1))
    return np.exp(linear - norm[:, None]), norm, linear


def draw_mlogit(x: Array, params: Array, levels: int, rng: np.random.Generator) -> Array:
    """A level for every row."""
    chance, _, _ = _shares(x, params, levels)
    cumulative = (
        1
        - chance.sum(axis=1)[:, None]
        + np.hstack([np.zeros((len(x), 1)), np.cumsum(chance, axis=1)])
    )
    return np.asarray((rng.random(len(x))[:, None] > cumulative[:, :-1]).sum(axis=1), dtype=int)


def fit_ologit(
    x: Array,
    codes: Array,
    weights: Array | None = None,
    start: Array | None = None,
    tolerance: float = EXACT,
) -> tuple[Array, Array]:
    """Proportional odds, P(y <= k) = expit(cut_k - x b); x without its constant counts. Estimates:
    b, then cuts.
    """
    w = np.ones(len(x)) if weights is None else weights
    z = x[:, 1:]
    rows = _OrderedRows(z, codes, w, int(codes.max()) + 1)
    if start is None:
        share = np.cumsum(np.bincount(codes, w, rows.levels) / w.sum())[:-1]
        start = np.concatenate([np.zeros(z.shape[1]), np.log(share / (1 - share))])
    spreads = None
    if weights is not None:
        spreads = np.append(_spreads(x)[1:], np.ones(rows.levels - 1))  # of cut points: one each
    params, information = _newton(start, rows.pieces, tolerance, spreads)
    _check(z @ params[: z.shape[1]], weights)
    return params, information


class _OrderedRows:
    """The log-likelihood of proportional odds.

    A row of level k lies between its lower cut k - 1 and its upper cut k, minus x b; below the
    first and above the last there is no cut.
    """

    def __init__(self, z: Array, codes: Array, weights: Array, levels: int) -> None:
        self.z = z
        self.weights = weights
        self.levels = levels
        self.is_first = codes == 0
        self.is_last = codes == levels - 1
        self.upper_cut = np.minimum(codes, levels - 2)
        self.lower_cut = np.maximum(codes - 1, 0)
        # rows by cuts: whose upper, whose lower one it is
        self.has_upper = np.eye(levels)[codes][:, :-1]
        self.has_lower = np.eye(levels)[codes][:, 1:]

    def pieces(self, params: Array) -> tuple[float, Array, Array]:
        """Log-likelihood, score and information at b, then cuts."""
        p = self.z.shape[1]
        cuts = params[p:]
        if (np.diff(cuts) <= 0).any():
            return -np.inf, params, np.eye(len(params))
        linear = self.z @ params[:p]
        upper = cuts[self.upper_cut] - linear
        lower = cuts[self.lower_cut] - linear
        upper[self.is_last] = np.inf
        lower[self.is_first] = -np.inf
        above, not_above = expit(upper), expit(-upper)
        below, not_below = expit(lower), expit(-lower)
        # of two numbers near 1 the difference is that of what is left of them
        share = np.where(upper + lower > 0, not_below - not_above, above - below)
        share = np.maximum(share, 1e-300)
        # how the log of the share goes with the upper and the lower cut, once and twice
        by_upper = above * not_above / share
        by_lower = -below * not_below / share
        w = self.weights
        twice_upper = w * (by_upper * by_upper - by_upper * (1 - 2 * above))
        twice_lower = w * (by_lower * by_lower - by_lower * (1 - 2 * below))
        both = w * by_upper * by_lower
        score = self._score(w * by_upper, w * by_lower)
        return float(w @ np.log(share)), score, self._information(twice_upper, twice_lower, both)

    def _score(self, by_upper: Array, by_lower: Array) -> Array:
        by_cut = by_upper @ self.has_upper + by_lower @ self.has_lower
        return np.concatenate([-((by_upper + by_lower) @ self.z), by_cut])

    def _information(self, upper: Array, lower: Array, both: Array) -> Array:
        """Of b and the cuts: x b moves both cuts of a row, a cut only its own."""
        p = self.z.shape[1]
        information = np.empty((p + self.levels - 1, p + self.levels - 1))
        of_upper = upper + both
        of_lower = lower + both
        # not negative but for rounding
        information[:p, :p] = _gram(self.z, np.maximum(of_upper + of_lower, 0))
        by_cut = self.has_upper * of_upper[:, None] + self.has_lower * of_lower[:, None]
        information[p:, :p] = -(by_cut.T @ self.z)
        information[:p, p:] = information[p:, :p].T
        own = np.diag(upper @ self.has_upper + lower @ self.has_lower)
        neighbours = np.diag((both @ self.has_upper)[1:], 1)
        information[p:, p:] = own + neighbours + neighbours.T
        return information


def draw_ologit(x: Array, params: Array, levels: int, rng: np.random.Generator) -> Array:
    """A level for every row; drawn cut points are put in order."""
    p = x.shape[1] - 1
    cumulative = expit(np.sort(params[p:])[None, :] - (x[:, 1:] @ params[:p])[:, None])
    return np.asarray((rng.random(len(x))[:, None] > cumulative).sum(axis=1), dtype=int)


# ---- how often each level is drawn


def chances(method: str, x: Array, params: Array, levels: int) -> Array:
    """Probability of each level for every row, n x levels."""
    if method == "logit":
        second = expit(x @ params)
        return np.column_stack([1 - second, second])
    if method == "ologit":
        p = x.shape[1] - 1
        below = expit(np.sort(params[p:])[None, :] - (x[:, 1:] @ params[:p])[:, None])
        edges = np.hstack([np.zeros((len(x), 1)), below, np.ones((len(x), 1))])
        return np.asarray(np.diff(edges, axis=1))
    others, _, _ = _shares(x, params, levels)
    return np.column_stack([1 - others.sum(axis=1), others])


def calibrated_logit(
    x: Array, params: Array, codes: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Drawn parameters whose intercept is set so that among the observed rows the levels are
    expected as often as a draw from Beta(counts + 1/2) says; and these shares.

    A normal draw of coefficients with wide errors raises the mean of the inverse logit of a rare
    level (Jensen); the observed rows know that mean far better than the coefficients do.
    """
    second = float((codes == 1).sum())
    share = rng.beta(second + 0.5, len(codes) - second + 0.5)
    set_anew = params.copy()
    set_anew[0] += _shift_to(x @ params, np.array([share]), np.zeros(1))[0]
    return set_anew, np.array([1 - share, share])


def calibrated_ologit(
    x: Array, params: Array, codes: Array, levels: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Drawn parameters whose cut points are set so that among the observed rows the levels are
    expected as often as a draw from Dirichlet(counts + 1/2) says; and these shares.
    """
    p = x.shape[1] - 1
    shares = _drawn_shares(codes, levels, rng)
    set_anew = params.copy()
    start = np.sort(params[p:])
    set_anew[p:] = _shift_to(-(x[:, 1:] @ params[:p]), np.cumsum(shares)[:-1], start)
    return set_anew, shares


def calibrated_mlogit(
    x: Array, params: Array, codes: Array, levels: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Drawn parameters whose intercepts are set so that among the observed rows the levels are
    expected as often as a draw from Dirichlet(counts + 1/2) says, by Newton's steps; and these
    shares.
    """
    shares = _drawn_shares(codes, levels, rng)
    set_anew = params.reshape(levels - 1, x.shape[1]).copy()
    odds = np.exp(np.clip(x @ set_anew.T, -FAR, FAR))  # beside the base, before intercepts move
    moved_by = np.zeros(levels - 1)
    for _ in range(60):
        weighted = odds * np.exp(moved_by)
        chance = weighted / (1 + weighted.sum(axis=1))[:, None]
        mean = chance.mean(axis=0)
        gap = shares[1:] - mean
        if (np.abs(gap) < ENOUGH_SHARE * shares.min()).all():
            break
        slope = np.diag(mean) - chance.T @ chance / len(chance)
        step = np.linalg.solve(slope + 1e-12 * np.eye(levels - 1), gap)
        moved_by += step * min(1.0, 2.0 / max(np.abs(step).max(), 1e-300))
    set_anew[:, 0] += moved_by
    return set_anew.ravel(), shares


def _drawn_shares(codes: Array, levels: int, rng: np.random.Generator) -> Array:
    return np.asarray(rng.dirichlet(np.bincount(codes, minlength=levels) + 0.5))


def _shift_to(linear: Array, shares: Array, start: Array) -> Array:
    """What is added to linear predictors so that the mean probability over the rows is each of some
    shares; by Newton's steps inside a bracket that shrinks.
    """
    low = np.full(len(shares), -FAR) - linear.max()
    high = np.full(len(shares), FAR) - linear.min()
    shift = start
    for _ in range(60):
        chance = expit(linear + shift[:, None])
        gap = chance.mean(axis=1) - shares
        if (np.abs(gap) < ENOUGH_SHARE * shares).all():
            break
        low = np.where(gap < 0, shift, low)
        high = np.where(gap > 0, shift, high)
        step = shift - gap / np.maximum((chance * (1 - chance)).mean(axis=1), 1e-12)
        shift = np.where((step > low) & (step < high), step, (low + high) / 2)
    return np.asarray(shift)


# ---- numbers


def fit_regress(x: Array, y: Array) -> tuple[Array, Array, float, int]:
    """Least squares with a ridge of 1e-5 of the diagonal, but for the constant: estimate, x'x
    without it, residual SS, df.
    """
    gram = x.T @ x
    estimate, _ = lapack.dpotrs(root(_ridged(gram)), x.T @ y, lower=1)
    residual = y - x @ estimate
    return estimate, gram, float(residual @ residual), max(len(y) - x.shape[1], 1)


def draw_regress_params(
    estimate: Array, gram: Array, residual: float, df: int, rng: np.random.Generator
) -> tuple[Array, float]:
    """Variance from its scaled inverse chi-squared, then coefficients given it (Rubin 1987, p.
    167).
    """
    sigma = float(np.sqrt(residual / rng.chisquare(df)))
    by, _ = lapack.dtrtrs(root(_ridged(gram)), rng.standard_normal(len(estimate)), lower=1, trans=1)
    return np.asarray(estimate + sigma * by), sigma


def _ridged(gram: Array) -> Array:
    """All but the constant, which would draw numbers that lie far from zero towards it."""
    ridge = 1e-5 * np.diag(gram)
    ridge[0] = 0.0
    return gram + np.diag(ridge)


def matched(
    predicted: Array, wanted: Array, donors: Array, knn: int, rng: np.random.Generator
) -> Array:
    """For every wanted prediction a value of one of the `knn` nearest donors, by a sorted search.

    Predictions are rounded to nine digits, so that what is a tie does not depend on the last ones.
    Donors are shuffled first: of many at one distance (where one binary predictor decides, say)
    every one has the same chance, as in mice.
    """
    shuffled = rng.permutation(len(predicted))
    donors = donors[shuffled]
    scale = max(np.abs(predicted).max(), 1e-300)
    known = np.round(predicted[shuffled] / scale, 9)
    asked = np.round(wanted / scale, 9)
    order = np.argsort(known, kind="stable")
    nearest = _nearest(known[order], asked, min(knn, len(known)))
    pick = rng.integers(0, nearest.shape[1], len(asked))
    return np.asarray(donors[order[nearest[np.arange(len(asked)), pick]]])


def _nearest(ordered: Array, asked: Array, knn: int) -> Array:
    """Places of the `knn` nearest of ordered numbers, for every number asked; nearest first."""
    place = np.searchsorted(ordered, asked)
    # the nearest are among as many to the left and to the right
    window = place[:, None] + np.arange(-knn, knn)[None, :]
    window = np.sort(np.clip(window, 0, len(ordered) - 1), axis=1)
    distance = np.abs(ordered[window] - asked[:, None])
    distance[:, 1:][window[:, 1:] == window[:, :-1]] = np.inf  # the same donor once
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :knn]
    return np.asarray(np.take_along_axis(window, nearest, axis=1))


def fit_truncreg(x: Array, y: Array, low: float, high: float) -> tuple[Array, Array]:
    """Maximum likelihood of a normal regression truncated to [low, high]: b and log sigma, and
    their information.

    In b / sigma² and 1 / sigma² the density is an exponential family, so its log-likelihood is
    concave, with at most one maximum (Orme and Ruud 2002, Econ Lett 75:209). Raises
    NotConvergedError where there is none, as with values heaped at both limits.
    """
    slopes, _, residual, df = fit_regress(x, y)
    centre = float(y.mean())
    scale = float(np.sqrt(residual / df))
    if not scale > 0:
        raise NotConvergedError("nothing is left to vary")
    slopes[0] -= centre

    def pieces(natural: Array) -> tuple[float, Array, Array]:
        lower = (low - centre) / scale
        upper = (high - centre) / scale
        return _truncated(natural, x, (y - centre) / scale, lower, upper)

    natural, information = _newton(np.append(slopes / scale, 1.0), pieces)
    sigma = 1 / np.sqrt(natural[-1])
    # from b / sigma² and 1 / sigma² of the scaled values to b and log sigma of the values
    turn = np.eye(len(natural)) / (sigma**2 * scale)
    turn[:, -1] = -2 * natural
    params = np.append(natural[:-1] * sigma**2 * scale, np.log(sigma * scale))
    params[0] += centre
    return params, turn.T @ information @ turn


def _truncated(
    natural: Array, x: Array, y: Array, low: float, high: float
) -> tuple[float, Array, Array]:
    """Log-likelihood, score and information of b / sigma² and 1 / sigma²: observed less expected y
    and -y²/2.
    """
    if not natural[-1] > 0:
        return -np.inf, natural, np.eye(len(natural))
    sigma = 1 / np.sqrt(natural[-1])
    mean = x @ natural[:-1] * sigma**2
    lower = (low - mean) / sigma
    upper = (high - mean) / sigma
    inside = _log_interval(lower, upper)
    moments = _truncated_moments(lower, upper, inside)
    expected = mean + sigma * moments[0]
    expected_square = mean**2 + 2 * mean * sigma * moments[0] + sigma**2 * moments[1]
    value = float((stats.norm.logpdf(y, mean, sigma) - inside).sum())
    score = np.append(x.T @ (y - expected), -0.5 * (y**2 - expected_square).sum())
    return value, score, _truncated_information(x, mean, sigma, moments)


def _truncated_moments(lower: Array, upper: Array, inside: Array) -> tuple[Array, ...]:
    """The first four moments of a standard normal between two limits, each from the one before the
    last. inside: log of the probability between them.
    """
    at_lower = np.exp(-0.5 * lower**2 - 0.5 * np.log(2 * np.pi) - inside)
    at_upper = np.exp(-0.5 * upper**2 - 0.5 * np.log(2 * np.pi) - inside)
    # at an infinite limit the density is nought, and nought times infinity is to be nought
    a = np.where(np.isfinite(lower), lower, 0.0)
    b = np.where(np.isfinite(upper), upper, 0.0)
    first = at_lower - at_upper
    second = 1 + a * at_lower - b * at_upper
    third = 2 * first + a**2 * at_lower - b**2 * at_upper
    fourth = 3 * second + a**3 * at_lower - b**3 * at_upper
    return first, second, third, fourth


def _truncated_information(
    x: Array, mean: Array, sigma: float, moments: tuple[Array, ...]
) -> Array:
    """Covariance of y and -y²/2, which an exponential family has for its information."""
    first, second, third, fourth = moments
    # of the standardised value and its square; not negative but for rounding
    variance = np.maximum(second - first**2, 0)
    covariance = third - first * second
    variance_of_square = np.maximum(fourth - second**2, 0)
    of_y = sigma**2 * variance
    of_both = sigma**3 * covariance + 2 * mean * sigma**2 * variance
    of_square = (
        sigma**4 * variance_of_square
        + 4 * mean * sigma**3 * covariance
        + 4 * mean**2 * sigma**2 * variance
    )
    p = x.shape[1]
    information = np.empty((p + 1, p + 1))
    information[:p, :p] = _gram(x, of_y)
    information[p, :p] = -0.5 * (x.T @ of_both)
    information[:p, p] = information[p, :p]
    information[p, p] = 0.25 * of_square.sum()
    return information


def _log_interval(a: Array, b: Array) -> Array:
    """log(Phi(b) - Phi(a)), also far from the mean."""
    flip = a > 0
    a, b = np.where(flip, -b, a), np.where(flip, -a, b)
    high, low = log_ndtr(b), log_ndtr(a)
    return np.asarray(high + np.log1p(-np.exp(np.minimum(low - high, -1e-300))))


def draw_truncreg(
    x: Array,
    params: Array,
    low: Array | float,
    high: Array | float,
    rng: np.random.Generator,
) -> Array:
    """A value inside the limits for every row."""
    return drawn_inside(x @ params[:-1], float(np.exp(params[-1])), low, high, rng)


def drawn_inside(
    mean: Array, sigma: float, low: Array | float, high: Array | float, rng: np.random.Generator
) -> Array:
    """Normal values inside limits, which can be the same for all rows or each row's own."""
    lower = (low - mean) / sigma
    upper = (high - mean) / sigma
    values = mean + sigma * stats.truncnorm.ppf(rng.random(len(mean)), lower, upper)
    return np.asarray(np.clip(values, low, high))
