"""Statistics of many tables: beside scipy, statsmodels, and the models of this package."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import Table2x2

from mothers_margins.analysis.comparisons import fisher_exact as by_halves
from mothers_margins.analysis.regression import likelihood
from mothers_margins.disclosure import table_statistics
from mothers_margins.disclosure.table_statistics import (
    chi_squared,
    column_difference,
    cramers_v,
    fisher_exact,
    log_limit,
    log_odds_ratio,
    odds_ratio_p,
    p_of_test,
    risk_difference,
    standard_error,
)

DRAWN = np.random.default_rng(5).integers(1, 60, (30, 2, 2))
NOT_EMPTY = np.array([[1, 0], [0, 1], [2, 1]])
OF_THREE = np.random.default_rng(6).integers(0, 9, (20, 3, 2)) + NOT_EMPTY
WITH_ZEROS = np.array([[[0, 12], [9, 30]], [[7, 0], [11, 22]], [[1, 25], [0, 33]]])


@pytest.mark.parametrize("yates", [False, True])
def test_chi_squared_is_that_of_scipy(yates):
    of_scipy = [stats.chi2_contingency(table, correction=yates) for table in DRAWN]
    name = "chi_squared_yates" if yates else "chi_squared"
    assert chi_squared(DRAWN, yates=yates) == pytest.approx([each.statistic for each in of_scipy])
    assert p_of_test(DRAWN, name) == pytest.approx([each.pvalue for each in of_scipy])


def test_chi_squared_of_three_levels_is_that_of_scipy():
    of_scipy = [stats.chi2_contingency(table) for table in OF_THREE]
    assert chi_squared(OF_THREE) == pytest.approx([each.statistic for each in of_scipy])
    assert p_of_test(OF_THREE, "chi_squared") == pytest.approx([each.pvalue for each in of_scipy])
    v = [
        np.sqrt(each.statistic / table.sum())
        for each, table in zip(of_scipy, OF_THREE, strict=True)
    ]
    assert cramers_v(OF_THREE) == pytest.approx(v)


def test_yates_is_for_two_levels():
    with pytest.raises(ValueError, match="two levels"):
        chi_squared(OF_THREE, yates=True)


def test_a_table_with_an_empty_margin_has_no_test():
    assert np.isnan(chi_squared(np.array([[[0, 0], [3, 4]]])))[0]


def test_fisher_exact_is_that_of_scipy():
    tables = np.concatenate([DRAWN, WITH_ZEROS])
    assert fisher_exact(tables) == pytest.approx(
        [stats.fisher_exact(table).pvalue for table in tables]
    )
    assert len(fisher_exact(tables[:0])) == 0


def test_fisher_exact_of_three_levels_is_that_of_the_comparisons():
    assert fisher_exact(OF_THREE) == pytest.approx(
        [by_halves.fisher_exact(table) for table in OF_THREE]
    )


def test_fisher_exact_of_very_many_tables_is_refused(monkeypatch):
    monkeypatch.setattr(table_statistics, "MOST", 100)
    with pytest.raises(OverflowError, match="100 are the most"):
        fisher_exact(np.array([[[20, 9], [11, 17], [23, 5]]]))


def test_wald_is_that_of_statsmodels():
    of_statsmodels = [Table2x2(table) for table in DRAWN]
    limits = np.array([each.log_oddsratio_confint(0.1) for each in of_statsmodels])
    assert log_odds_ratio(DRAWN, "wald") == pytest.approx(
        [each.log_oddsratio for each in of_statsmodels]
    )
    assert log_limit(DRAWN, "wald", 90, -1) == pytest.approx(limits[:, 0])
    assert log_limit(DRAWN, "wald", 90, 1) == pytest.approx(limits[:, 1])
    assert odds_ratio_p(DRAWN, "wald") == pytest.approx(
        [each.log_oddsratio_pvalue() for each in of_statsmodels]
    )


def test_an_empty_cell_makes_the_plain_ratio_infinite_or_zero():
    assert np.exp(log_odds_ratio(WITH_ZEROS, "wald")).tolist() == [0, np.inf, np.inf]
    assert not np.isfinite(log_limit(WITH_ZEROS, "wald", 95, 1)).any()
    assert np.isnan(log_limit(WITH_ZEROS, "profile", 95, 1)).all()


@pytest.mark.parametrize("augmented", [False, True])
@pytest.mark.parametrize("table", [*DRAWN[:4], *WITH_ZEROS])
def test_firth_is_that_of_the_models(table, augmented):
    """Fitted row by row, by iteration."""
    solution = _fitted(likelihood.firth, table, 95, augmented=augmented)
    pair = table[None]
    method = "half_wald" if augmented else "firth_wald"
    assert log_odds_ratio(pair, method)[0] == pytest.approx(solution.params[1], abs=1e-6)
    error = np.sqrt(solution.covariance[1, 1])
    assert standard_error(pair, method)[0] == pytest.approx(error, abs=1e-6)
    for side, limit in ((-1, solution.profile_low[1]), (1, solution.profile_high[1])):
        assert log_limit(pair, "firth_profile", 95, side)[0] == pytest.approx(limit, abs=1e-5)
    assert odds_ratio_p(pair, "firth_profile")[0] == pytest.approx(solution.profile_p[1], abs=1e-6)


@pytest.mark.parametrize("table", DRAWN[:6])
def test_profile_is_that_of_the_models(table):
    solution = _fitted(likelihood.maximum_likelihood, table, 90)
    for side, limit in ((-1, solution.profile_low[1]), (1, solution.profile_high[1])):
        assert log_limit(table[None], "profile", 90, side)[0] == pytest.approx(limit, abs=1e-5)
    assert odds_ratio_p(table[None], "profile")[0] == pytest.approx(solution.profile_p[1], abs=1e-6)


def test_a_level_of_three_has_the_odds_ratio_of_its_pair():
    """One model of all levels: Firth's penalty is a product over levels."""
    table = np.array([[3, 20], [0, 9], [14, 33]])
    rows = np.repeat(np.repeat([0, 1, 2], 2), table.ravel())
    design = np.column_stack([np.ones(len(rows)), rows == 0, rows == 1]).astype(float)
    solution = likelihood.firth(design, _events(table), 95)
    for row in (0, 1):
        pair = table[None, [row, 2]]
        assert log_odds_ratio(pair, "firth_profile")[0] == pytest.approx(solution.params[row + 1])
        low = log_limit(pair, "firth_profile", 95, -1)[0]
        assert low == pytest.approx(solution.profile_low[row + 1], abs=1e-5)


def test_every_profile_limit_is_found():
    """All tables of 60 with 17 events, also those with empty cells."""
    exposed, events = np.meshgrid(np.arange(1, 60), np.arange(18))
    first = np.stack([events, exposed - events], axis=-1).reshape(-1, 2)
    tables = np.stack([first, [17, 43] - first], axis=1)
    tables = tables[(tables >= 0).all(axis=(1, 2))]
    for side in (-1, 1):
        limits = log_limit(tables, "firth_profile", 95, side)
        assert np.isfinite(limits).all()
        assert (side * (limits - log_odds_ratio(tables, "firth_profile")) > 0).all()


def test_differences_by_hand():
    """7 of 14 less 8 of 32, and 7 of 15 less 7 of 31, in points."""
    table = np.array([[[7, 7], [8, 24]]])
    assert risk_difference(table)[0] == pytest.approx(25)
    assert column_difference(table, 0)[0] == pytest.approx(100 * (7 / 15 - 7 / 31))


def _fitted(fit, table, confidence, **more):
    design = np.column_stack([np.ones(table.sum()), np.repeat([1, 0], table.sum(axis=1))])
    return fit(design.astype(float), _events(table), confidence, **more)


def _events(table):
    return np.concatenate([np.repeat([1.0, 0.0], row) for row in table])
