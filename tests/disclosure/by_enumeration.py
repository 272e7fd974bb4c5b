"""An independent, slow way to say which tables are compatible: one by one, in fractions."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import comb, exp, floor, log, sqrt

from mothers_margins.disclosure.two_by_two import Printed

NORMAL = {90.0: 1.6448536269514722, 95.0: 1.959963984540054}
Table = tuple[tuple[int, int], ...]


def tables_of(rows: int, n: int) -> Iterator[Table]:
    """Every table of n."""
    for cells in product(range(n + 1), repeat=2 * rows - 1):
        if sum(cells) <= n:
            whole = (*cells, n - sum(cells))
            yield tuple(zip(whole[::2], whole[1::2], strict=True))


def text_of(value: Fraction | float, decimals: int) -> str:
    """A number as text, a half away from zero."""
    exact = Fraction(value) * 10**decimals
    units = floor(abs(exact) + Fraction(1, 2)) * (-1 if exact < 0 else 1)
    return str(Decimal(units).scaleb(-decimals))


def p_text_of(value: Fraction | float, decimals: int) -> str:
    least = Fraction(1, 10**decimals)
    return f"<{Decimal(1).scaleb(-decimals)}" if value < least else text_of(value, decimals)


def odds_ratio(table: Table) -> Fraction | None:
    (a, b), (c, d) = table
    return Fraction(a * d, b * c) if b * c else None


def wald(table: Table, level: float, more: float) -> tuple[float, float, float] | None:
    """The odds ratio and its limits."""
    cells = [cell + more for row in table for cell in row]
    if min(cells) == 0:
        return None
    middle = log(cells[0] * cells[3] / (cells[1] * cells[2]))
    half = NORMAL[level] * sqrt(sum(1 / cell for cell in cells))
    return exp(middle), exp(middle - half), exp(middle + half)


def chi_squared(table: Table, *, yates: bool = False) -> Fraction | None:
    n = sum(map(sum, table))
    columns = [sum(column) for column in zip(*table, strict=True)]
    total = Fraction(0)
    for row in table:
        for count, column in zip(row, columns, strict=True):
            if sum(row) * column == 0:
                return None
            expected = Fraction(sum(row) * column, n)
            deviation = abs(count - expected)
            if yates:
                deviation = max(deviation - Fraction(1, 2), Fraction(0))
            total += deviation**2 / expected
    return total


def fisher(table: Table) -> Fraction:
    (a, b), (c, d) = table
    events, n = a + c, a + b + c + d
    ways = {
        first: comb(a + b, first) * comb(c + d, events - first)
        for first in range(max(0, events - c - d), min(events, a + b) + 1)
    }
    return Fraction(sum(way for way in ways.values() if way <= ways[a]), comb(n, events))


def share(part: int, whole: int) -> Fraction | None:
    return Fraction(100 * part, whole) if whole else None


def totals_agree(table: Table, printed: Printed) -> bool:
    """Whether a table has the totals and the bounds."""
    flat = [cell for row in table for cell in row]
    least = [cell for row in printed.least for cell in row] or [0] * len(flat)
    most = [cell for row in printed.most for cell in row] or flat
    return (
        printed.n in (None, sum(flat))
        and printed.n_events in (None, sum(row[0] for row in table))
        and all(
            total in (None, sum(row)) for total, row in zip(printed.row_totals, table, strict=False)
        )
        and all(low <= cell <= high for low, cell, high in zip(least, flat, most, strict=True))
    )
