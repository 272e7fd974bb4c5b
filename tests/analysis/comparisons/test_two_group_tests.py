"""Tests and effect sizes of two groups: against R (data/reference, see its README), closed forms
and counting.
"""

import json
import math
import warnings
from fractions import Fraction
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from mothers_margins.analysis.comparisons import fisher_exact as exact
from mothers_margins.analysis.comparisons import two_group_tests
from mothers_margins.analysis.comparisons.fisher_exact import fisher_exact
from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "tests" / "data" / "reference"
REFERENCE = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
SHARED = REFERENCE["shared"]
TWO_ROWS = [case for case in SHARED["contingency"] if len(case["table"]) == 2]


def by_name(cases: list[dict], key: str = "name") -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case[key] for case in cases])


def close(value: float, relative: float = 1e-10, least: float = 1e-12):
    return pytest.approx(value, rel=relative, abs=least if value == 0 else 0)


def chi_squared(table, *, yates: bool = False, fisher_below: float = 0) -> list[dict]:
    return list(two_group_tests.categories(np.array(table), yates=yates, fisher_below=fisher_below))


# ---- levels: R's tables are groups by levels, ours levels by groups


@by_name(REFERENCE["contingency"])
def test_chi_squared_and_cramers_v_are_those_of_r(case):
    table = np.array(case["table"]).T
    (plain,) = chi_squared(table)
    assert (plain["test"], plain["df"], plain["effect_name"]) == (
        "chi_squared",
        case["df"],
        "cramers_v",
    )
    assert plain["statistic"] == close(case["chi2"])
    assert plain["p_value"] == close(case["p"])
    assert plain["effect"] == close(case["cramers_v"])
    (corrected,) = chi_squared(table, yates=True)
    assert corrected["effect"] == plain["effect"]  # of the uncorrected statistic either way
    if case["p_yates"] is None:  # R corrects four cells only
        assert corrected == plain
    else:
        assert corrected["statistic"] == close(case["chi2_yates"])
        assert corrected["p_value"] == close(case["p_yates"])


@by_name(REFERENCE["contingency"])
def test_fishers_p_is_that_of_r(case):
    table = np.array(case["table"]).T
    if case["fisher_p_enumerated"] is None:  # too many tables for our enumeration in R, and here
        with pytest.raises(OverflowError):
            fisher_exact(table)
        return
    assert fisher_exact(table) == close(case["fisher_p"], 1e-8)
    assert fisher_exact(table) == close(case["fisher_p_enumerated"])


@by_name(TWO_ROWS)
def test_the_shared_tables_are_those_of_r(case):
    table = np.array(case["table"]).T
    for yates, kind in ((False, ""), (True, "_yates")):
        (found,) = chi_squared(table, yates=yates)
        assert (found["statistic"], found["p_value"]) == (
            close(case[f"chisq{kind}"]),
            close(case[f"p{kind}"]),
        )
    assert fisher_exact(table) == close(case["fisher_p"], 1e-8)


@pytest.mark.parametrize(("below", "made"), [(0, 1), (2, 1), (2.0001, 2), (5, 2), (np.inf, 2)])
def test_fishers_test_follows_below_the_limit_and_not_at_it(below, made):
    """Fisher's tea: each count of 3 1 / 1 3 is expected to be 2; p = 34/70 (Fisher 1935, Design of
    Experiments).
    """
    found = chi_squared([[3, 1], [1, 3]], fisher_below=below)
    assert [row["test"] for row in found] == ["chi_squared", "fisher_exact"][:made]
    assert found[0]["p_value"] == close(math.erfc(1))  # chi-squared 2 on 1 df: erfc(sqrt(2 / 2))
    if made == 2:
        assert found[1] == {"test": "fisher_exact", "p_value": close(34 / 70)}


def test_one_small_expected_count_is_enough():
    # expected: 10 * 5 / 40 = 1.25 in the first cell; the observed counts would not say so, and not
    # the other rows
    assert len(chi_squared([[5, 5], [0, 30]], fisher_below=5)) == 2
    assert len(chi_squared([[10, 10], [10, 10]], fisher_below=5)) == 1
    assert (
        len(chi_squared([[0, 20], [20, 0]], fisher_below=5)) == 1
    )  # observed zeros, expected tens


# ---- Fisher's exact test by itself

counts = st.integers(0, 40)


@given(counts, counts, counts, counts)
def test_fishers_p_of_four_cells_is_scipys(a, b, c, d):
    assume((a + b) * (c + d) * (a + c) * (b + d))
    assert fisher_exact([[a, b], [c, d]]) == close(
        stats.fisher_exact([[a, b], [c, d]]).pvalue, 1e-8
    )


def enumerated(table: list[list[int]]) -> Fraction:
    """Probability of all tables with the same margins at most as probable: every one counted, in
    whole numbers.
    """
    rows, first = [sum(row) for row in table], sum(row[0] for row in table)
    ways = {
        filled: math.prod(map(math.comb, rows, filled))
        for filled in product(*(range(row + 1) for row in rows))
        if sum(filled) == first
    }
    limit = ways[tuple(row[0] for row in table)]
    return Fraction(sum(number for number in ways.values() if number <= limit), sum(ways.values()))


tables = st.lists(st.lists(st.integers(0, 5), min_size=2, max_size=2), min_size=1, max_size=4)


@given(tables)
def test_fishers_p_is_the_share_of_all_tables_counted_one_by_one(table):
    assert fisher_exact(table) == close(float(enumerated(table)), 1e-9)


@given(tables, st.randoms(use_true_random=False))
def test_order_and_empty_rows_do_not_matter(table, random):
    p_value = close(fisher_exact(table), 1e-9)
    shuffled = random.sample(table, len(table))
    assert fisher_exact(shuffled) == p_value
    assert fisher_exact([row[::-1] for row in table]) == p_value
    assert fisher_exact([*table, [0, 0]]) == p_value
    assert fisher_exact([[0, 0], *shuffled]) == p_value


@given(tables)
def test_without_a_limit_the_probabilities_sum_to_one(table):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "TIE", np.inf)
        assert fisher_exact(table) == pytest.approx(1, abs=1e-12)
    # Vandermonde: over all ways to place k of a half's participants, the weights sum to a binomial
    # coefficient
    table = np.array(table)
    for half in exact._halves(table.sum(axis=1)):
        for placed, weights in exact._partial_tables(half, int(table[:, 0].sum())).items():
            assert np.exp(weights).sum() == close(math.comb(sum(half), placed))


B_AND_ALL_OTHERS = (
    (9, 2, 34, 0.0),
    (8, 9, 34, 0.0109),
    (7, 2, 34, 0.0002),
    (5, 0, 34, 0.0004),
    (6, 4, 34, 0.0074),
)
B_AND_C = (
    (9, 0, 7, 0.0023),
    (8, 0, 7, 0.0040),
    (7, 2, 7, 0.335),
    (5, 0, 7, 0.101),
    (6, 0, 7, 0.0377),
)


@pytest.mark.parametrize(("b", "other", "n", "expected"), [*B_AND_ALL_OTHERS, *B_AND_C])
def test_the_tables_of_the_2019_study(b, other, n, expected):
    """Personality disorder, not with partner, aged 25 or less, no custody, parent-infant team
    (domain note §6.3).
    """
    p_value = fisher_exact([[b, other], [11 - b, n - other]])  # b of the 11 women of column B
    assert round(p_value, 3 if expected > 0.1 else 4) == expected


WRONG = (
    [[1.5, 2], [1, 2]],
    [[1, -1], [2, 3]],
    [[1, 2, 3], [2, 3, 4]],
    [1, 2],
    [[math.nan, 1], [1, 2]],
    [[3]],
)


def test_only_whole_counts_in_two_columns_are_taken():
    for wrong in WRONG:
        with pytest.raises(ValueError, match="whole counts with two columns"):
            fisher_exact(wrong)
    assert fisher_exact([[3.0, 1.0], [1.0, 3.0]]) == close(34 / 70)  # whole numbers of any type are


def test_too_many_tables_are_refused(monkeypatch):
    with pytest.raises(OverflowError, match="5000000 are the most"):
        fisher_exact([[3, 3]] * 60)
    monkeypatch.setattr(exact, "MOST", 4)  # 3 1 / 1 3: each row can be filled in 5 ways
    with pytest.raises(OverflowError, match="5 partial tables; 4 are"):
        fisher_exact([[3, 1], [1, 3]])
    monkeypatch.setattr(exact, "MOST", 5)
    assert fisher_exact([[3, 1], [1, 3]]) == close(34 / 70)


# ---- numbers


def compared(x, y, *, equal: bool = True, confidence: float = 95) -> dict:
    with (
        warnings.catch_warnings()
    ):  # scipy warns of a group without spread; see the test that fails below
        warnings.filterwarnings("ignore", "Precision loss", RuntimeWarning)
        return two_group_tests.numbers(
            np.array(x, float), np.array(y, float), equal=equal, confidence=confidence
        )


@by_name(REFERENCE["two_group"])
def test_t_tests_are_those_of_r(case):
    for equal, kind in ((True, "t_pooled"), (False, "t_welch")):
        found, expected = compared(case["x"], case["y"], equal=equal), case[kind]
        assert (found["test"], found["effect_name"]) == ("t", "difference_of_means")
        for ours, theirs in (("statistic", "t"), ("df", "df"), ("p_value", "p")):
            assert found[ours] == close(expected[theirs])
        assert found["effect"] == close(case["difference"])
        assert (found["conf_low"], found["conf_high"]) == tuple(map(close, expected["ci"]))


@by_name(REFERENCE["two_group"])
def test_rank_sums_and_standardised_differences_are_those_of_r(case):
    x, y = np.array(case["x"]), np.array(case["y"])
    for correction, kind in ((True, "p_corrected"), (False, "p_uncorrected")):
        found = two_group_tests.ranks(x, y, correction=correction)
        assert found["statistic"] == close(case["wilcoxon"]["w"])
        assert found["p_value"] == close(case["wilcoxon"][kind])
        assert (found["test"], found["effect_name"]) == ("rank_sum", "probability_of_superiority")
        assert found["effect"] == close(case["wilcoxon"]["w"] / (len(x) * len(y)))
    assert two_group_tests.standardised(x, y)["effect"] == close(case["standardised_difference"])


@by_name(SHARED["ttests_by_low"], "variable")
def test_the_shared_t_tests_are_those_of_r(case):
    births = pd.read_csv(FOLDER / "birthwt.csv")
    of_zero, of_one = (
        births.loc[births["low"] == low, case["variable"]].to_numpy(float) for low in (0, 1)
    )
    for equal, kind in ((True, "pooled"), (False, "welch")):
        found = compared(of_zero, of_one, equal=equal)
        assert (found["statistic"], found["p_value"]) == (
            close(case[f"{kind}_t"]),
            close(case[f"{kind}_p"]),
        )
        assert found["df"] == close(case[f"{kind}_df"])
        assert (found["conf_low"], found["conf_high"]) == tuple(map(close, case[f"{kind}_ci"]))
    ranked = two_group_tests.ranks(of_zero, of_one, correction=True)
    assert (ranked["statistic"], ranked["p_value"]) == (
        case["wilcoxon_W"],
        close(case["wilcoxon_p_cc"]),
    )


@pytest.mark.parametrize(
    ("confidence", "quantile"), [(95, 0.95 / math.sqrt(0.04875)), (90, 0.90 / math.sqrt(0.095))]
)
def test_with_two_degrees_of_freedom_t_has_a_closed_form(confidence, quantile):
    # p = 1 - |t| / sqrt(2 + t²), quantile (2 q - 1) / sqrt(2 q (1 - q)); means 1.5 and 3, variances
    # 0.5 and 2
    found = compared([1, 2], [2, 4], confidence=confidence)
    standard_error = math.sqrt(1.25 * (1 / 2 + 1 / 2))
    t = -1.5 / standard_error
    assert (found["statistic"], found["df"], found["p_value"]) == (
        close(t),
        2,
        close(1 + t / math.sqrt(2 + t * t)),
    )
    assert found["conf_low"] == close(-1.5 - quantile * standard_error)
    assert found["conf_high"] == close(-1.5 + quantile * standard_error)


@pytest.mark.parametrize(
    ("x", "y"), [([1], [2, 3, 4]), ([2, 3, 4], [1]), ([5, 5], [5, 5, 5]), ([1, 1], [2, 2])]
)
def test_what_cannot_be_tested_has_no_p(x, y):
    found = compared(x, y)
    assert found == {
        "test": "t",
        "effect": np.mean(x) - np.mean(y),
        "effect_name": "difference_of_means",
    }
    assert two_group_tests.standardised(np.array(x), np.array(y)) == {}
    assert two_group_tests.ranks(np.array([5, 5]), np.array([5, 5, 5]), correction=False) == {
        "test": "rank_sum"
    }


def test_a_group_without_spread_is_tested_without_a_warning():
    two_group_tests.numbers(
        np.array([5.0, 5, 5, 5]), np.array([3.0, 4, 6, 7, 9, 5]), equal=True, confidence=95
    )


samples = st.lists(st.integers(0, 6), min_size=2, max_size=9)


@given(samples, samples, st.booleans())
def test_ranks_are_pairs_counted_one_by_one(x, y, correction):
    """The normal approximation, its variance less for ties, the correction towards the middle (R's
    wilcox.test).
    """
    assume(len({*x, *y}) > 1)
    found = two_group_tests.ranks(np.array(x), np.array(y), correction=correction)
    pairs = sum((a > b) + (a == b) / 2 for a, b in product(x, y))
    m, n, size = len(x), len(y), len(x) + len(y)
    ties = sum(number**3 - number for number in np.unique([*x, *y], return_counts=True)[1].tolist())
    variance = m * n / 12 * (size + 1 - ties / (size * (size - 1)))
    away = abs(pairs - m * n / 2) - (0.5 if correction else 0)
    assert found["statistic"] == pairs
    assert found["effect"] == close(pairs / (m * n))
    assert found["p_value"] == close(min(1, math.erfc(away / math.sqrt(2 * variance))))


@given(samples, samples, st.booleans())
def test_swapped_groups_swap_the_sign(x, y, equal):
    assume(np.ptp(x) and np.ptp(y))
    one, other = compared(x, y, equal=equal), compared(y, x, equal=equal)
    assert other["effect"] == close(-one["effect"])
    assert other["p_value"] == close(one["p_value"])
    assert (other["conf_low"], other["conf_high"]) == pytest.approx(
        (-one["conf_high"], -one["conf_low"])
    )
    assert one["conf_low"] < one["effect"] < one["conf_high"]


# ---- differences


@by_name(REFERENCE["newcombe"])
def test_newcombes_limits_are_those_of_his_method_and_paper(case):
    found = two_group_tests.difference(case["x1"], case["n1"], case["x2"], case["n2"], 95)
    limits = [max(-1.0, min(1.0, limit)) for limit in case["ci"]]
    assert [found["conf_low"] / 100, found["conf_high"] / 100] == pytest.approx(
        limits, rel=0, abs=1e-10
    )
    assert found["effect"] == pytest.approx(100 * case["difference"], rel=0, abs=1e-10)
    assert found["effect_name"] == "difference"
    if case["published"]:  # Newcombe 1998, Table II, method 10
        assert [round(found[name] / 100, 4) for name in ("conf_low", "conf_high")] == case[
            "published"
        ]


LEVELS = ((95, 1.959963984540054), (90, 1.6448536269514722))  # normal quantiles as tabulated


@given(st.integers(1, 60), st.integers(1, 60), st.data(), st.sampled_from(LEVELS))
def test_an_interval_is_made_of_two_wilson_intervals(n_a, n_b, data, level):
    a, b = data.draw(st.integers(0, n_a)), data.draw(st.integers(0, n_b))
    confidence, z = level
    found, swapped = (
        two_group_tests.difference(*four, confidence)
        for four in ((a, n_a, b, n_b), (b, n_b, a, n_a))
    )

    def wilson(count: int, n: int) -> tuple[float, float]:
        half = z * math.sqrt(z * z + 4 * count * (1 - count / n))
        return (2 * count + z * z - half) / (2 * (n + z * z)), (2 * count + z * z + half) / (
            2 * (n + z * z)
        )

    (low_a, high_a), (low_b, high_b), p_a, p_b = wilson(a, n_a), wilson(b, n_b), a / n_a, b / n_b
    low, high = (
        p_a - p_b - math.hypot(p_a - low_a, high_b - p_b),
        p_a - p_b + math.hypot(high_a - p_a, p_b - low_b),
    )
    assert (found["conf_low"], found["conf_high"]) == pytest.approx(
        (100 * low, 100 * high), abs=1e-8
    )
    assert found["conf_low"] - 1e-9 <= found["effect"] <= found["conf_high"] + 1e-9
    assert (swapped["effect"], swapped["conf_low"]) == pytest.approx(
        (-found["effect"], -found["conf_high"]), abs=1e-9
    )


@by_name(REFERENCE["standardised_difference"])
def test_standardised_differences_of_levels_are_those_of_yang_and_dalton(case):
    table = np.array(case["counts"]).T
    value, swapped = (
        two_group_tests.standardised_levels(one)["effect"] for one in (table, table[:, ::-1])
    )
    assert value == close(
        case["standardised_difference"]
    )  # here the first level is more frequent in the first group
    sign = -1 if len(table) == 2 else 1
    assert swapped == close(sign * value)
    assert two_group_tests.standardised_levels(table[::-1])["effect"] == close(sign * value)


@pytest.mark.parametrize(
    "table", [[[5, 0], [0, 4]], [[5, 0], [3, 0], [0, 4]], [[1, 0], [0, 1], [1, 0], [0, 1]]]
)
def test_groups_that_share_no_level_have_no_standardised_difference(table):
    assert two_group_tests.standardised_levels(np.array(table)) == {}


@pytest.mark.parametrize("table", [[[0, 1], [0, 18], [1, 0]], [[0, 1], [0, 21], [1, 0]]])
def test_nor_do_these(table):
    assert two_group_tests.standardised_levels(np.array(table)) == {}
