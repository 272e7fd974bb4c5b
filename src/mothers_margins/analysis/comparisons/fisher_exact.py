"""Fisher's exact test of a table with two columns: every table with the same margins, none drawn at
random.
"""

import numpy as np
from scipy.special import gammaln

# relative; tables as likely as the observed one count, whatever the last digits say (as in R's
# fisher.test)
TIE = 1e-7
MOST = 5_000_000  # partial tables held at a time: some seconds


def fisher_exact(table: np.ndarray) -> float:
    """Two-sided p of an r x 2 table of counts, for r of 1 or more; rows of zeros do not matter.

    The p-value is the probability of all tables with the observed margins that are at most as
    probable as the observed one (Freeman and Halton 1951, Biometrika 38:141). The rows are split in
    two halves; for every way to share the first column between them, the partial tables of one half
    are looked up among the sorted ones of the other, so the work grows with the square root of the
    number of tables. Raises ValueError for anything but two columns of whole counts, and
    OverflowError where more than 5 million partial tables would be needed.
    """
    table = np.asarray(table)
    if (
        table.ndim != 2
        or table.shape[1] != 2
        or not np.isfinite(table).all()
        or (table < 0).any()
        or (table != np.round(table)).any()
    ):
        raise ValueError("fisher_exact: needs a table of whole counts with two columns.")
    rows, first = table.sum(axis=1).astype(int), int(table[:, 0].sum())
    halves = _halves(rows)
    sizes = [int(sum(half)) for half in halves]
    partial = [_partial_tables(half, first) for half in halves]
    whole = _log_choose(sum(sizes), first)
    limit = float(_log_choose(rows, table[:, 0]).sum()) - whole + np.log1p(TIE)
    p_value = 0.0
    for here in range(max(0, first - sizes[1]), min(first, sizes[0]) + 1):
        # log probabilities within each half given its share of the first column, and of that share
        one, other = partial[0][here], partial[1][first - here]
        share = _log_choose(sizes[0], here) + _log_choose(sizes[1], first - here) - whole
        sums = np.concatenate(
            [[0.0], np.cumsum(np.exp(other - _log_choose(sizes[1], first - here)))]
        )
        one = one - _log_choose(sizes[0], here)
        found = np.searchsorted(
            other - _log_choose(sizes[1], first - here), limit - share - one, side="right"
        )
        p_value += float(np.exp(share) * (np.exp(one) * sums[found]).sum())
    return min(p_value, 1.0)


def _log_choose(total: np.ndarray | int, chosen: np.ndarray | int) -> np.ndarray:
    """Logarithm of a binomial coefficient."""
    of, number = np.asarray(total, dtype=float), np.asarray(chosen, dtype=float)
    found: np.ndarray = gammaln(of + 1) - gammaln(number + 1) - gammaln(of - number + 1)
    return found


def _halves(rows: np.ndarray) -> tuple[list[int], list[int]]:
    """Rows in two halves with about as many partial tables each."""
    halves: tuple[list[int], list[int]] = ([], [])
    ways = [1.0, 1.0]
    for row in sorted(rows.tolist(), reverse=True):
        side = int(ways[1] < ways[0])
        halves[side].append(row)
        ways[side] *= row + 1
    if max(ways) > MOST:
        raise OverflowError(
            f"fisher_exact: {max(ways):.0f} partial tables; {MOST} are the most that are counted."
        )
    return halves


def _partial_tables(rows: list[int], first: int) -> dict[int, np.ndarray]:
    """Sorted log weights of all ways to fill some rows, by how many of them are in the first
    column.
    """
    placed, weight = np.zeros(1, dtype=int), np.zeros(1)
    for row in rows:
        here = np.arange(row + 1)
        placed = (placed[:, None] + here).ravel()
        weight = (weight[:, None] + _log_choose(row, here)).ravel()
        placed, weight = placed[placed <= first], weight[placed <= first]
    order = np.lexsort((weight, placed))
    numbers, starts = np.unique(placed[order], return_index=True)
    return dict(zip(numbers.tolist(), np.split(weight[order], starts[1:]), strict=True))
