"""Comparisons that leave: p, differences, and what a reader can make of them."""

from collections.abc import Iterator
from functools import cache
from math import isnan

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mothers_margins.analysis.comparisons.two_group_tests import categories, difference
from mothers_margins.analysis.comparisons.two_group_tests import standardised_levels as apart_by
from mothers_margins.disclosure.universe import NOT_KNOWN
from mothers_margins.errors import UsageError
from mothers_margins.release import comparisons as module
from mothers_margins.release.comparisons import released_comparisons
from mothers_margins.release.p_classes import class_is_steady
from mothers_margins.results.results import codes
from tests.release.made_release import (
    POLICY,
    A,
    B,
    Facts,
    demo_protected,
    demo_results,
    made_results,
    protected_of,
)

SIZES = {A: 99, B: 179}
THRESHOLD, FEASIBLE = POLICY.threshold, POLICY.feasible


def facts_of(form, levels, table, hidden=(), rest=(0, 0)):
    """A variable's cells. table: levels by groups. hidden: (level, group). rest: who is not
    known.
    """
    cells = {
        group: {
            level: (table[row][column], (level, group) in hidden)
            for row, level in enumerate(levels)
        }
        | {NOT_KNOWN: (rest[column], form != "counts" or (NOT_KNOWN, group) in hidden)}
        for column, group in enumerate((A, B))
    }
    return Facts(form, levels, cells)


def compared(levels, table, variable="dv_any", fisher_below=5.0):
    """The rows of `compare` for a table, levels by groups."""
    common = {"variable": variable, "level": "", "group_a": A, "group_b": B}
    table = np.array(table)
    sizes = table.sum(axis=0)
    known = {"n": int(table.sum())}
    rows = []
    for row in categories(table[table.sum(axis=1) > 0], yates=False, fisher_below=fisher_below):
        note = "small_expected_count" if row["test"] == "fisher_exact" else ""
        rows.append(common | known | row | {"note": note})
    rows.append(common | known | apart_by(table))
    for level, (a, b) in zip(levels, table, strict=True):
        apart = difference(a, sizes[0], b, sizes[1], 95.0)
        rows.append(common | known | apart | {"level": level})
    return rows


def release_of(facts, rows, variable="dv_any", sizes=SIZES):
    return released_comparisons(
        made_results("comparisons", rows), protected_of({variable: facts}, sizes)
    )


def records(results, **wanted):
    rows = pd.DataFrame(results).to_dict("records")
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


# ---- by hand

PAIR = ("Yes", "No")
OPEN = ((40, 50), (59, 129))  # nobody without a value


def test_where_nothing_is_hidden_p_has_its_decimals():
    results, withheld = release_of(facts_of("counts", PAIR, OPEN), compared(PAIR, OPEN))
    (tested,) = records(results, test="chi_squared")
    assert not withheld
    assert tested["p_value"] == round(stats.chi2_contingency(OPEN, correction=False).pvalue, 3)
    assert tested["n"] == 278
    assert tested["effect_name"] == ""
    assert all(isnan(tested[name]) for name in ("statistic", "df", "effect"))
    first = records(results, effect_name="difference", level="Yes")[0]
    source = difference(40, 99, 50, 179, 95.0)
    assert first["effect"] == round(source["effect"], 1)
    assert (first["conf_low"], first["conf_high"]) == (
        round(source["conf_low"], 1),
        round(source["conf_high"], 1),
    )


def test_no_statistic_leaves_in_any_form():
    for form, rest in (("counts", (0, 0)), ("share_of_all", (5, 6)), ("percent", (5, 6))):
        results, _ = release_of(facts_of(form, PAIR, OPEN, rest=rest), compared(PAIR, OPEN))
        assert results["statistic"].isna().all()
        assert results["df"].isna().all()
        assert not {"cramers_v", "probability_of_superiority"} & {*results["effect_name"]}


def test_what_is_put_together_for_release_has_no_rows():
    rows = compared(PAIR, OPEN, "ethnicity") + compared(PAIR, OPEN)
    results, withheld = release_of(facts_of("counts", PAIR, OPEN), rows)
    assert {*results["variable"]} == {"dv_any"}
    assert [(one.variable, one.code) for one in withheld] == [("ethnicity", "merged")]


def test_what_no_table_plans_is_suppressed():
    results, withheld = release_of(
        facts_of("counts", PAIR, OPEN), compared(PAIR, OPEN, "schizophrenia")
    )
    assert {*results["status"]} == {"suppressed"}
    assert {one.code for one in withheld} == {"not_planned"}
    numbers = results[["p_value", "effect", "conf_low", "conf_high", "n", "statistic"]]
    assert numbers.isna().all(axis=None)


SIX_UNKNOWN = ((40, 50), (53, 123))


def released_differences(table, rest, form, **more):
    results, _ = release_of(facts_of(form, PAIR, table, rest=rest, **more), compared(PAIR, table))
    rows = records(results)
    return [
        (row["level"], row["effect_name"], row["effect"], row["conf_low"], row["conf_high"])
        for row in rows
        if row["effect_name"] and row["status"] == "shown"
    ]


def test_differences_of_shares_of_all_say_nothing_of_who_is_not_known():
    """Two truths that print the same shares release the same differences."""
    first = released_differences(SIX_UNKNOWN, (6, 6), "share_of_all")
    second = released_differences(((40, 50), (58, 109)), (1, 20), "share_of_all")
    assert repr(first) == repr(second)
    by_level = {(level, name): effect for level, name, effect, _, _ in first}
    assert by_level["Yes", "difference"] == round(100 * (40 / 99 - 50 / 179), 1)
    source = difference(40, 99, 50, 179, 95.0)
    limits = next(row[3:] for row in first if row[:2] == ("Yes", "difference"))
    assert limits == (round(source["conf_low"], 1), round(source["conf_high"], 1))
    assert ("No", "difference") not in by_level  # who is not known stands among them


def test_differences_of_whole_per_cent_are_whole_points_of_what_is_printed():
    first = released_differences(SIX_UNKNOWN, (6, 6), "percent")
    second = released_differences(((41, 51), (54, 124)), (4, 4), "percent")
    assert repr(first) == repr(second)
    row = next(one for one in first if one[:2] == ("Yes", "difference"))
    assert row[2] == 43 - 29
    assert all(number == round(number) for number in row[2:])
    source = difference(40, 93, 50, 173, 95.0)
    assert row[3] <= source["conf_low"] + 1
    assert row[4] >= source["conf_high"] - 1


def test_a_difference_with_a_hidden_share_is_suppressed():
    table = ((40, 8), (53, 165))
    facts = facts_of("percent", PAIR, table, hidden={("Yes", B)}, rest=(6, 6))
    results, withheld = release_of(facts, compared(PAIR, table))
    effects = [row for row in records(results) if row["effect_name"]]
    assert {row["status"] for row in effects} == {"suppressed"}
    assert {one.code for one in withheld if "difference" in one.about} == {"hidden_share"}


def test_a_hidden_base_hides_the_number_of_all():
    results, _ = release_of(
        facts_of("share_of_all", PAIR, SIX_UNKNOWN, rest=(6, 6)), compared(PAIR, SIX_UNKNOWN)
    )
    assert results["n"].isna().all()


# ---- classes of p


def fitting(facts, levels, truth, sizes) -> Iterator[np.ndarray]:
    """Every 2 × 2 table of those known that agrees with what a form prints, found one by one."""

    def column(place, group):
        is_told = not facts.cells[group][levels[0]][1]
        for known in range(sizes[group] + 1):
            for first in range(known + 1):
                if facts.form == "share_of_all":
                    agrees = not is_told or first == truth[0][place]
                elif is_told:
                    whole = int(100 * truth[0][place] / sum(row[place] for row in truth) + 0.5)
                    agrees = known >= 50 and int(100 * first / known + 0.5) == whole
                else:
                    agrees = True
                if agrees:
                    yield first, known - first

    second = list(column(1, B))
    for a, c in column(0, A):
        for b, d in second:
            if a + c and b + d:
                yield np.array([[a, b], [c, d]])


def quoted_class(table, fisher_below=5.0):
    """The test that is quoted for a table and the class of its p."""
    return quoted_class_of(tuple(map(tuple, table.tolist())), fisher_below)


@cache  # the attacks try the same tables, with the audit and without it
def quoted_class_of(rows, fisher_below):
    table = np.array(rows)
    seen = table[table.sum(axis=1) > 0]
    if len(seen) < 2:
        return "untested"
    expected = stats.contingency.expected_freq(seen)
    is_fisher = (expected < fisher_below).any()
    p_value = (
        stats.fisher_exact(seen).pvalue
        if is_fisher
        else stats.chi2_contingency(seen, correction=False).pvalue
    )
    return is_fisher, int(np.searchsorted([0.001, 0.01, 0.05], p_value * (1 + 1e-12), "right"))


def pinned_counts(facts, levels, truth, sizes=SIZES):
    """Small hidden counts with too few values among the tables that print the same."""
    truth = np.array(truth)
    own = quoted_class(truth)
    sums = {
        "second of a": lambda table: table[1, 0],
        "second of b": lambda table: table[1, 1],
        "rest of a": lambda table: sizes[A] - table[:, 0].sum(),
        "rest of b": lambda table: sizes[B] - table[:, 1].sum(),
        "first of a": lambda table: table[0, 0],
        "first of b": lambda table: table[0, 1],
    }
    is_told = {
        "first of a": not facts.cells[A][levels[0]][1],
        "first of b": not facts.cells[B][levels[0]][1],
    }
    values = {
        name: {int(count(truth))}
        for name, count in sums.items()
        if not is_told.get(name) and count(truth) < THRESHOLD
    }
    for table in fitting(facts, levels, truth, sizes):
        left = [name for name, found in values.items() if len(found) < FEASIBLE]
        new = [name for name in left if int(sums[name](table)) not in values[name]]
        if not left:
            return []
        if new and quoted_class(table) == own:
            for name in new:
                values[name].add(int(sums[name](table)))
    return [name for name, found in values.items() if len(found) < FEASIBLE]


def test_a_class_of_p_stands_where_it_leaves_enough():
    facts = facts_of("share_of_all", PAIR, SIX_UNKNOWN, rest=(6, 6))
    results, withheld = release_of(facts, compared(PAIR, SIX_UNKNOWN))
    (tested,) = records(results, test="chi_squared")
    p_value = stats.chi2_contingency(SIX_UNKNOWN, correction=False).pvalue
    assert 0.01 < p_value < 0.05
    assert (tested["p_value"], codes(tested)) == (0.05, ("p_below",))
    assert "class_of_p" in {one.code for one in withheld}
    assert pinned_counts(facts, PAIR, SIX_UNKNOWN) == []


FEW = {A: 16, B: 19}
SMALL_TABLES = [
    ((first, other), (16 - first - rest, 19 - other - beside))
    for first in (10, 12, 14)
    for other in (0, 2, 10, 13)
    for rest in (1, 2)
    for beside in (0, 3)
]


def small_facts(table):
    hidden = {("Yes", group) for place, group in enumerate((A, B)) if table[0][place] < THRESHOLD}
    rest = tuple(
        FEW[group] - sum(row[place] for row in table) for place, group in enumerate((A, B))
    )
    return facts_of("share_of_all", PAIR, table, hidden=hidden, rest=rest)


def classes_of(tables):
    """The tables whose class of p is released, and those of them in which it tells a count."""
    released = [
        table
        for table in tables
        if any(
            row["status"] == "shown"
            for row in records(release_of(small_facts(table), compared(PAIR, table), sizes=FEW)[0])
            if row["test"]
        )
    ]
    told = [table for table in released if pinned_counts(small_facts(table), PAIR, table, FEW)]
    return released, told


def test_no_class_of_p_tells_a_small_count(monkeypatch):
    released, told = classes_of(SMALL_TABLES)
    assert told == []
    assert 5 < len(released) < len(SMALL_TABLES)
    monkeypatch.setattr(module, "class_may_be_shown", lambda *_: True)
    released, told = classes_of(SMALL_TABLES)
    assert len(released) == len(SMALL_TABLES)
    assert told  # else the attack would be none


SMALL_GROUPS = {A: 12, B: 11}


def test_a_class_that_pins_is_withheld_with_fishers_row(monkeypatch):
    """Of twelve and eleven, p < 0.001 leaves hardly a table: that it is Fisher's is not said."""
    table = ((11, 0), (0, 10))
    facts = facts_of("share_of_all", PAIR, table, hidden={("Yes", B)}, rest=(1, 1))
    rows = compared(PAIR, table)
    results, withheld = release_of(facts, rows, sizes=SMALL_GROUPS)
    assert {*results["test"]} == {"", "chi_squared"}
    assert {*results["status"]} == {"suppressed"}
    assert ("fisher_exact", "pinned") in {(one.about, one.code) for one in withheld}
    monkeypatch.setattr(module, "class_may_be_shown", lambda *_: True)
    results, _ = release_of(facts, rows, sizes=SMALL_GROUPS)
    assert "fisher_exact" in {*results["test"]}  # the audit alone held it back


def test_beside_fishers_class_no_other_is_shown():
    table = ((12, 4), (70, 160))
    facts = facts_of("share_of_all", PAIR, table, hidden={("Yes", B)}, rest=(17, 15))
    rows = compared(PAIR, table, fisher_below=6.0)
    results, withheld = release_of(facts, rows)
    assert [row["status"] for row in records(results, test="chi_squared")] == ["suppressed"]
    assert "not_quoted" in {one.code for one in withheld}


# ---- numbers


def number_facts(form="counts", hidden=(), known=(90, 160)):
    cells = {
        group: {
            "known": (known[place], True),
            NOT_KNOWN: (SIZES[group] - known[place], (NOT_KNOWN, group) in hidden),
        }
        for place, group in enumerate((A, B))
    }
    return Facts(form, (), cells)


def number_rows(p_value=0.03, distinct=40):
    common = {"variable": "ctq_total", "group_a": A, "group_b": B, "n": 250, "distinct": distinct}
    means = {"test": "t", "statistic": 2.2, "df": 248.0, "p_value": p_value}
    effect = {"effect": 4.2345, "effect_name": "difference_of_means"}
    limits = {"conf_low": 0.4321, "conf_high": 8.0369}
    ranks = {"test": "rank_sum", "statistic": 8000.0, "p_value": p_value, "effect": 0.5555}
    return [
        common | means | effect | limits,
        common | ranks | {"effect_name": "probability_of_superiority"},
        common | {"effect": 0.28765, "effect_name": "standardised_difference"},
    ]


def test_a_number_whose_bases_are_told():
    results, withheld = release_of(number_facts(), number_rows(0.0304), "ctq_total")
    assert not withheld
    assert [row["test"] or row["effect_name"] for row in records(results)] == [
        "t",
        "difference_of_means",
        "rank_sum",
        "standardised_difference",
    ]
    assert {row["p_value"] for row in records(results) if row["test"]} == {0.03}
    (means,) = records(results, effect_name="difference_of_means")
    assert (means["effect"], means["conf_low"], means["conf_high"]) == (4.2, 0.4, 8.0)
    assert means["n"] == 250
    (standardised,) = records(results, effect_name="standardised_difference")
    assert standardised["effect"] == 0.29


def test_a_number_with_a_hidden_base_has_a_class_that_does_not_move():
    facts = number_facts(hidden={(NOT_KNOWN, A)}, known=(93, 160))
    results, withheld = release_of(facts, number_rows(0.03), "ctq_total")
    for row in records(results, status="shown"):
        assert (row["p_value"], codes(row)) == (0.05, ("p_below",))
        assert pd.isna(row["n"])
    effects = [row for row in records(results) if row["effect_name"]]
    assert {row["status"] for row in effects} == {"suppressed"}
    assert {one.code for one in withheld} == {"class_of_p", "hidden_base"}
    _, withheld = release_of(facts, number_rows(0.0501), "ctq_total")
    assert {one.code for one in withheld} == {"class_not_steady", "hidden_base"}


def test_a_number_of_too_few():
    facts = number_facts(known=(9, 160))
    results, withheld = release_of(facts, number_rows(), "ctq_total")
    assert {*results["status"]} == {"suppressed"}
    assert {one.code for one in withheld} == {"small_base", "hidden_base"}


@pytest.mark.parametrize("distinct", [2, 1, float("nan")])
def test_a_number_of_two_values_is_a_share_in_disguise(distinct):
    """Nothing of it leaves; nor where it is not said how many values there are."""
    rows = number_rows(distinct=distinct)
    results, withheld = release_of(number_facts(), rows, "ctq_total")
    assert {*results["status"]} == {"suppressed"}
    assert {one.code for one in withheld} == {"few_different_values"}
    assert results["distinct"].isna().all()


def test_a_number_of_three_values_is_described():
    results, withheld = release_of(number_facts(), number_rows(distinct=3), "ctq_total")
    assert not withheld
    assert {*results["status"]} == {"shown"}
    assert results["distinct"].isna().all()


def test_when_a_class_is_steady():
    """By t of fixed means and spreads, for every number within three of either group."""
    for p_value in (0.0005, 0.009, 0.0099, 0.02, 0.049, 0.051, 0.3):
        normal = stats.norm.isf(p_value / 2)
        moved = {
            int(
                np.searchsorted(
                    [0.001, 0.01, 0.05],
                    2 * stats.norm.sf(normal * np.sqrt(2 / (40 / (40 + a) + 60 / (60 + b)))),
                )
            )
            for a in range(-3, 4)
            for b in range(-3, 4)
        }
        if class_is_steady(p_value, (40, 60)):
            assert len(moved) == 1
    assert class_is_steady(0.3, (40, 60))
    assert not class_is_steady(0.049, (40, 60))
    assert not class_is_steady(0.3, (3, 60))


# ---- not tested


@pytest.mark.parametrize(
    ("note", "status", "expected"),
    [
        ("groups_made_from_it", "missing", "missing"),
        ("zero_by_definition", "structural_zero", "structural_zero"),
        ("nothing_varies", "missing", "suppressed"),
        ("no_value_in_a_group", "missing", "suppressed"),
    ],
)
def test_that_nobody_has_a_level_is_a_count(note, status, expected):
    row = {"variable": "dv_any", "group_a": A, "group_b": B, "note": note, "status": status}
    table = ((0, 0), (93, 173))
    facts = facts_of("share_of_all", PAIR, table, hidden={("Yes", A), ("Yes", B)}, rest=(6, 6))
    results, _ = release_of(facts, [row | {"n": 266}])
    (new,) = records(results)
    assert new["status"] == expected
    assert new["note"] == ("" if expected == "suppressed" else note)
    assert pd.isna(new["n"])


def test_results_of_another_kind_are_refused():
    with pytest.raises(UsageError):
        released_comparisons(made_results("events", []), protected_of({}, SIZES))


# ---- the demo


@cache
def released(timepoint):
    return released_comparisons(
        demo_results(f"comparisons_t{timepoint}", "comparisons"), demo_protected()
    )


@pytest.mark.parametrize("timepoint", [1, 2])
def test_of_the_demo_only_printed_digits_leave(timepoint):
    results, withheld = released(timepoint)
    protected = demo_protected()
    assert not {*results["variable"]} & {*protected.plan.merged}
    assert results["statistic"].isna().all()
    assert results["df"].isna().all()
    for row in records(results):
        if row["status"] == "suppressed":
            numbers = ("p_value", "effect", "conf_low", "conf_high", "n")
            assert pd.isna([row[name] for name in numbers]).all()
            continue
        assert isnan(row["p_value"]) or row["p_value"] == round(row["p_value"], 3)
        decimals = 2 if row["effect_name"] == "standardised_difference" else 1
        for name in ("effect", "conf_low", "conf_high"):
            assert isnan(row[name]) or row[name] == round(row[name], decimals)
    assert {one.variable for one in withheld if one.code == "merged"} >= {"ethnicity"}
    suppressed = records(results, status="suppressed")
    listed = {(one.variable, one.level) for one in withheld if not one.column}
    assert {(row["variable"], row["level"]) for row in suppressed} <= listed


@pytest.mark.parametrize("timepoint", [1, 2])
def test_p_of_the_demo_has_decimals_only_where_nothing_is_hidden(timepoint):
    results, _ = released(timepoint)
    protected = demo_protected()
    groups = (f"involved_t{timepoint}", f"not_involved_t{timepoint}")
    exact = classes = 0
    for row in records(results, status="shown"):
        if not row["test"] or isnan(row["p_value"]):
            continue
        is_class = bool({"p_below", "p_at_least"} & {*codes(row)})
        is_told = all(protected.has_base(row["variable"], group) for group in groups)
        variable = protected.variable(row["variable"])
        is_told &= not any(
            protected.decided(row["variable"], level, group).hidden
            for level in variable.levels
            for group in groups
        )
        assert is_class == (not is_told)
        exact += not is_class
        classes += is_class
    assert exact > 5
    assert classes > 10


@pytest.mark.parametrize("timepoint", [1, 2])
def test_no_class_of_the_demo_tells_a_small_count(timepoint):
    results, _ = released(timepoint)
    protected = demo_protected()
    groups = (f"involved_t{timepoint}", f"not_involved_t{timepoint}")
    tried = 0
    for row in records(results, status="shown"):
        facts = protected.facts[row["variable"]]
        if row["test"] not in ("chi_squared", "fisher_exact") or facts.form != "share_of_all":
            continue
        if len(facts.levels) != 2 or any(
            facts.cells[group][facts.levels[0]][1] for group in groups
        ):
            continue
        own = Facts(
            facts.form,
            facts.levels,
            {name: facts.cells[group] for name, group in zip((A, B), groups, strict=True)},
        )
        sizes = {
            name: protected.plan.universe.size(group)
            for name, group in zip((A, B), groups, strict=True)
        }
        table = [
            [protected.count(row["variable"], level, group) for group in groups]
            for level in facts.levels
        ]
        tried += 1
        assert pinned_counts(own, facts.levels, table, sizes) == [], row["variable"]
    assert tried > 4
