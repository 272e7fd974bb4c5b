"""What may be released of a model: by hand, and attacked by a reader who knows the rule."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from mothers_margins.disclosure import forms, model_gate
from mothers_margins.disclosure.model_gate import (
    Decision,
    Protection,
    adjusted_estimates,
    p_value,
    per_hundred,
    unadjusted_odds_ratios,
)
from mothers_margins.disclosure.printed_text import P_CLASSES, in_units, p_class, p_in_units
from mothers_margins.disclosure.table_statistics import (
    log_limit,
    log_odds_ratio,
    odds_ratio_p,
    p_of_test,
)
from mothers_margins.disclosure.two_by_two import (
    OddsRatio,
    Printed,
    Test,
    compatible_tables,
    identified,
)
from mothers_margins.rounding import rounded

# --- adjusted estimates ---------------------------------------------------------------------------

ENOUGH = {
    "residual_df": 10,
    "n_events": 10,
    "n_non_events": 10,
    "level_totals": {"ethnicity": [10, 31, 10], "partner": [30, 21]},
    "threshold": 10,
}


@pytest.mark.parametrize(
    ("one_less", "reason"),
    [
        ({}, "enough"),
        ({"residual_df": 9}, "few_residual_df"),
        ({"n_events": 9}, "few_events"),
        ({"n_non_events": 9}, "few_non_events"),
        ({"level_totals": {"ethnicity": [10, 31, 9], "partner": [30, 20]}}, "small_level"),
        ({"level_totals": {"ethnicity": [10, 31, 10], "partner": [0, 51]}}, "small_level"),
        ({"threshold": 11}, "few_events"),
        ({"least_df": 11}, "few_residual_df"),
        ({"level_totals": {}}, "enough"),
    ],
)
def test_adjusted_estimates_pass_at_the_thresholds(one_less, reason):
    form = "shown" if reason == "enough" else "withheld"
    assert adjusted_estimates(**(ENOUGH | one_less)) == Decision(form, reason)


# --- unadjusted odds ratios -----------------------------------------------------------------------


def known_of(table):
    return Printed(len(table), int(table.sum()), int(table[:, 0].sum()))


def decided(table, threshold=10, feasible=3, **more):
    table = np.array(table)
    return unadjusted_odds_ratios(table, known_of(table), Protection(threshold, feasible), **more)


def test_a_table_without_small_counts_is_shown():
    assert decided([[21, 30], [36, 99]]) == Decision("shown", "no_small_count")


@pytest.mark.parametrize("method", ["wald", "half_wald", "firth_wald", "firth_profile"])
def test_a_small_cell_that_is_pinned_is_withheld(method):
    assert decided([[21, 9], [36, 120]], method=method) == Decision("withheld", "pinned")


def check_the_threshold():
    """Both tables are found out; 9 is small and 10 is not."""
    assert decided([[21, 10], [36, 119]]).form == "shown"
    assert decided([[21, 9], [36, 119]]).form == "withheld"


def test_at_the_threshold():
    check_the_threshold()


@pytest.mark.parametrize("off_by", [-1, 1])
def test_a_threshold_that_is_off_by_one_is_found(monkeypatch, off_by):
    counts = model_gate._counts

    def off(tables, known, protection):
        threshold = protection.threshold + off_by
        return counts(tables, known, replace(protection, threshold=threshold))

    monkeypatch.setattr(model_gate, "_counts", off)
    with pytest.raises(AssertionError):
        check_the_threshold()


def values_left(table, decimals):
    """How many values each cell has in the tables that print the same odds ratio and limits."""
    table = np.array(table)
    texts = [
        rounded(float(np.exp(logarithm[0])), decimals, "half_up")
        for logarithm in (
            log_odds_ratio(table[None], "wald"),
            log_limit(table[None], "wald", 95, -1),
            log_limit(table[None], "wald", 95, 1),
        )
    ]
    printed = replace(known_of(table), odds_ratios=(OddsRatio(*texts),))
    return identified(compatible_tables(printed)).cells


def test_one_decimal_where_two_leave_too_few_values():
    table = [[4, 9], [50, 60]]
    assert values_left(table, 2)[0].tolist() == [1, 1]
    assert values_left(table, 1)[0].min() >= 2
    assert decided(table, feasible=2) == Decision("one_decimal", "pinned")


def test_exactly_enough_values_are_enough():
    table = [[13, 3], [50, 60]]
    assert values_left(table, 2)[0].tolist() == [2, 2]
    assert decided(table, feasible=2) == Decision("shown", "enough_tables")
    assert decided(table, feasible=3).form != "shown"


def test_a_cell_that_cannot_have_anyone_needs_no_protection():
    table = np.array([[0, 40], [36, 99]])
    known = known_of(table)
    structural = replace(known, most=((0, 175), (175, 175)))
    gate = Protection(10)
    assert unadjusted_odds_ratios(table, known, gate, method="half_wald").form == "withheld"
    shown = unadjusted_odds_ratios(table, structural, gate, method="half_wald")
    assert shown == Decision("shown", "no_small_count")


def test_a_small_level_whose_cells_vary_is_small():
    """Its total is a count of its own."""
    table = np.array([[4, 5], [53, 124]])
    cells_only = replace(known_of(table), row_totals=(9, None))
    found = p_value(table, cells_only, Protection(10, 3))
    assert found.form == "withheld"


def test_the_difference_from_another_base():
    """No cell is small, and 3 of the 279 are not in the model."""
    table = np.array([[21, 30], [36, 99]])
    base = table + np.array([[3, 0], [12, 40]])
    same = Protection(10, bases=(table.astype(float),))
    other = Protection(10, bases=(base.astype(float),))
    not_printed = Protection(10, bases=(np.array([[np.nan, np.nan], [48, 139]]),))
    known = known_of(table)
    assert unadjusted_odds_ratios(table, known, same).form == "shown"
    assert unadjusted_odds_ratios(table, known, other).form == "withheld"
    assert unadjusted_odds_ratios(table, known, not_printed).form == "shown"


def test_three_levels_are_one_table():
    assert decided([[21, 30], [12, 19], [24, 90]]).form == "shown"
    assert decided([[21, 30], [12, 9], [24, 90]]).form == "withheld"


def test_a_table_that_contradicts_what_is_known_is_refused():
    table = np.array([[4, 5], [53, 124]])
    with pytest.raises(ValueError, match="contradicts"):
        p_value(table, replace(known_of(table), n_events=58), Protection(10))


# --- p values -------------------------------------------------------------------------------------


def test_a_p_value_is_shown_where_it_leaves_enough():
    table = np.array([[21, 9], [36, 120]])
    assert p_value(table, known_of(table), Protection(10)).form == "shown"


def test_a_p_value_is_a_class_or_withheld_where_the_level_is_known():
    table = np.array([[8, 14], [91, 166]])
    known = replace(known_of(table), row_totals=(22, None))
    assert p_value(table, known, Protection(10)) == Decision("class", "pinned")
    assert p_value(table, known, Protection(10, 40)) == Decision("withheld", "pinned")
    large = np.array([[28, 34], [71, 146]])
    known = replace(known_of(large), row_totals=(62, None))
    assert p_value(large, known, Protection(10)) == Decision("shown", "no_small_count")


def test_a_p_value_beside_an_odds_ratio_that_is_shown():
    """What was decided before is known."""
    table = np.array([[8, 14], [91, 166]])
    known = replace(known_of(table), odds_ratios=(OddsRatio("1.04"),))
    alone = p_value(table, known_of(table), Protection(10))
    assert alone.form == "shown"
    assert len(compatible_tables(known)) < len(compatible_tables(known_of(table)))
    assert p_value(table, known, Protection(10, 8)).form != "shown"


def test_where_not_all_tables_can_be_held_those_near_are_enough():
    """Five levels: more tables than can be counted; what is found near the true one is safe."""
    table = np.array([[21, 30], [12, 9], [24, 60], [8, 20], [34, 61]])
    assert p_value(table, known_of(table), Protection(10)) == Decision("shown", "enough_tables")
    not_proved = p_value(table, known_of(table), Protection(10, 50))
    assert not_proved == Decision("withheld", "not_counted")


def test_where_even_those_cannot_be_held_nothing_is_shown(monkeypatch):
    monkeypatch.setattr(model_gate, "RADII", ())
    table = np.array([[21, 30], [12, 9], [24, 60], [8, 20], [34, 61]])
    assert p_value(table, known_of(table), Protection(10)) == Decision("withheld", "not_counted")


# --- attacked by a reader who knows the rule ------------------------------------------------------


def found_out(tables, decide, prints, threshold, feasible):
    """Small counts that keep fewer values than they must, among all tables that have the same form,
    withheld is one, and print the same in it. decide: from a table its form. prints: from form and
    table what is printed.
    """
    alike = defaultdict(list)
    for table in tables:
        form = decide(table)
        alike[form, prints(form, table) if form != "withheld" else None].append(table)
    return [
        (table.tolist(), cell)
        for group in map(np.array, alike.values())
        for table in group
        for cell in np.ndindex(table.shape)
        if table[cell] < threshold and len(np.unique(group[(slice(None), *cell)])) < feasible
    ]


def prints_ratios(method):
    def prints(form, table):
        logarithms = [
            log_odds_ratio(table[None], method),
            log_limit(table[None], method, 95, -1),
            log_limit(table[None], method, 95, 1),
        ]
        numbers = np.exp(np.array(logarithms))
        p = odds_ratio_p(table[None], method)
        decimals = {"shown": 2, "one_decimal": 1}[form]
        of_p = p_in_units(p, 2) if form == "shown" else p_class(p)
        return np.concatenate([in_units(numbers, decimals).ravel(), of_p]).tobytes()

    return prints


KNOWN = Printed(n=46, n_events=12, least=((1, 1), (1, 1)))
EVERY = compatible_tables(KNOWN)


@pytest.mark.parametrize("method", ["wald", "firth_profile"])
@pytest.mark.parametrize("feasible", [2, 3])
def test_odds_ratios_withstand_a_reader_who_knows_the_rule(method, feasible):
    """Every table of 46 with 12 events. Some of them have to be shown, or nothing is tested."""
    gate = Protection(4, feasible)
    given = []

    def decide(table):
        found = unadjusted_odds_ratios(table, KNOWN, gate, method=method, p_decimals=2)
        given.append(found.form)
        return found.form

    assert not found_out(EVERY, decide, prints_ratios(method), 4, feasible)
    assert {"shown", "withheld"} <= set(given)


@pytest.mark.parametrize("method", ["wald", "firth_profile"])
def test_tables_that_print_nearly_the_same_are_enough(monkeypatch, method):
    """The same form as among all tables, but where these withhold some beside others."""
    gate = Protection(4, 2)
    some = EVERY[::5]
    among_all = [unadjusted_odds_ratios(table, KNOWN, gate, method=method) for table in some]
    monkeypatch.setattr(model_gate, "MANY", 0)
    among_near = [unadjusted_odds_ratios(table, KNOWN, gate, method=method) for table in some]
    pairs = zip(among_near, among_all, strict=True)
    differ = [every for near, every in pairs if near != every]
    assert {decision.reason for decision in differ} <= {"refusal_tells"}
    assert len({decision.form for decision in among_near}) == 3


PRINTS_P = {
    "shown": lambda p: p_in_units(p, 3),
    "class": lambda p: p_class(p, P_CLASSES),
}


KNOWN_TOTAL = {
    14: Printed(n=50, n_events=20, row_totals=(14, None)),
    22: Printed(n=279, n_events=99, row_totals=(22, None)),
}


def attack_p(test, known, feasible, threshold=5):
    tables = compatible_tables(known)
    tables = tables[np.isfinite(p_of_test(tables, test))]
    given = []

    def decide(table):
        given.append(p_value(table, known, Protection(threshold, feasible), test=test).form)
        return given[-1]

    def prints(form, table):
        return float(PRINTS_P[form](p_of_test(table[None], test))[0])

    return found_out(tables, decide, prints, threshold, feasible), set(given)


@pytest.mark.parametrize("test", ["chi_squared", "fisher_exact"])
@pytest.mark.parametrize("level_total", [None, 14, 22])
def test_p_values_withstand_a_reader_who_knows_the_rule(test, level_total):
    known = Printed(n=36, n_events=13, row_totals=(level_total, None))
    found, given = attack_p(test, known, 3)
    assert not found
    assert len(given) > 1


def test_p_values_withstand_where_a_refusal_would_tell():
    """A level of 22 among groups of 99 and 180: with both forms two tables would be withheld."""
    assert not attack_p("chi_squared", KNOWN_TOTAL[22], 3, 10)[0]


def test_a_rule_that_forgets_what_was_refused_is_found(monkeypatch):
    """The next form is then judged among all tables, also those that would have had the finer."""
    may_be_printed = forms.may_be_printed

    def forgets(labels, left, counts, feasible):
        every = np.ones(len(labels), dtype=bool)
        return left & may_be_printed(labels, every, counts, feasible)

    monkeypatch.setattr(forms, "may_be_printed", forgets)
    assert attack_p("chi_squared", KNOWN_TOTAL[14], 3)[0]


def test_a_rule_that_withholds_too_few_is_found(monkeypatch):
    monkeypatch.setattr(model_gate, "with_enough_withheld", lambda given, *_: given)
    assert attack_p("chi_squared", KNOWN_TOTAL[22], 3, 10)[0]


# --- numbers in 100 -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prediction", "total", "events", "decimals", "expected"),
    [
        # 20 of 60: neither the 20 nor the 40 is small
        (33.3, 60, 20, 0, Decision("shown", "no_small_count")),
        # 8 of 60 prints as 13, as does no other count
        (13.3, 60, 8, 0, Decision("withheld", "pinned")),
        # 9 to 11 of 250 print as 4
        (4.0, 250, 10, 0, Decision("shown", "enough_tables")),
        # 3.6 with a decimal is 9 only, as a whole number 9 to 11
        (3.6, 250, 9, 1, Decision("whole", "enough_tables")),
        # large by the guess, small in truth
        (21.0, 60, 8, 0, Decision("withheld", "pinned")),
        # the number without the outcome is small
        (86.7, 60, 52, 0, Decision("withheld", "pinned")),
        # no share of 7 prints as 50: the nearest guess is 3
        (50.0, 7, 3, 0, Decision("withheld", "pinned")),
    ],
)
def test_numbers_in_100_by_hand(prediction, total, events, decimals, expected):
    found = per_hundred(
        prediction,
        level_total=total,
        n_events=events,
        protection=Protection(10),
        decimals=decimals,
    )
    assert found == expected


def test_texts_of_a_test_are_read_beside_the_gate():
    """A class of p that is printed leaves as many tables as the gate counted."""
    table = np.array([[8, 14], [91, 166]])
    known = replace(known_of(table), row_totals=(22, None))
    printed = replace(known, tests=(Test(p_value=">=0.05", cuts=P_CLASSES),))
    assert len(np.unique(compatible_tables(printed)[:, 0, 0])) >= 3
