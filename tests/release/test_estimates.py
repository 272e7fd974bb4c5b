"""Odds ratios that leave: what passes, with which digits, and what a reader can make of them."""

from functools import cache
from math import exp, isnan, log, sqrt

import numpy as np
import pandas as pd
import pytest

from mothers_margins.disclosure.model_gate import Decision
from mothers_margins.disclosure.printed_text import P_CLASSES
from mothers_margins.disclosure.table_statistics import log_limit, log_odds_ratio, odds_ratio_p
from mothers_margins.disclosure.two_by_two import OddsRatio, Printed, compatible_tables
from mothers_margins.errors import UsageError
from mothers_margins.release import estimates as module
from mothers_margins.release.columns import most_of
from mothers_margins.release.estimates import released_estimates
from mothers_margins.results.results import codes
from mothers_margins.rounding import p_rounded, rounded
from tests.release.made_release import (
    A,
    B,
    Facts,
    cells_of_table,
    demo_protected,
    demo_results,
    made_results,
    protected_of,
)

THRESHOLD = 10
SIZES = {A: 99, B: 179}


@cache
def released(name: str):
    timepoint = name[-1]
    return released_estimates(
        demo_results(name, "estimates"),
        demo_results(f"cells_t{timepoint}", "events"),
        demo_protected(),
    )


def rows_of(results, **wanted):
    rows = pd.DataFrame(results).to_dict("records")
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def fitted(table, variable="dv_any", **more):
    """The rows of an unadjusted estimate of a pair, by maximum likelihood."""
    pair = np.array([table])
    estimate = log_odds_ratio(pair, "wald")[0]
    return {
        "outcome": "involved_t1",
        "specification": "protocol",
        "model": "unadjusted",
        "method": "complete_case",
        "interval": "wald",
        "term": f"{variable}[Yes]",
        "variable": variable,
        "level": "Yes",
        "reference": "No",
        "estimate": estimate,
        "std_error": sqrt((1 / pair).sum()),
        "df": np.inf,
        "conf_low": log_limit(pair, "wald", 95.0, -1)[0],
        "conf_high": log_limit(pair, "wald", 95.0, 1)[0],
        "p_value": odds_ratio_p(pair, "wald")[0],
        "n": int(pair.sum()),
        "n_events": int(pair[0, :, 0].sum()),
    } | more


def pair_facts(form="share_of_all", hidden=True, yes=(41, 47), no=(38, 122), rest=(20, 10)):
    cells = {
        group: {"Yes": (yes[place], False), "No": (no[place], hidden), "": (rest[place], hidden)}
        for place, group in enumerate((A, B))
    }
    return Facts(form, ("Yes", "No"), cells)


def release_of(table, facts=None, rows=None, cells=None, **more):
    facts = facts if facts is not None else pair_facts()
    cells = (
        cells
        if cells is not None
        else cells_of_table("dv_any", dict(zip(("Yes", "No"), table, strict=True)))
    )
    return released_estimates(
        made_results("estimates", rows if rows is not None else [fitted(table)]),
        made_results("events", cells),
        protected_of({"dv_any": facts}, SIZES),
        **more,
    )


# ---- unadjusted, by hand


LARGE = ((26, 31), (35, 94))
PINNED = ((3, 44), (12, 107))


def test_a_table_without_a_small_count_is_shown_with_its_digits():
    results, withheld = release_of(LARGE)
    (row,) = rows_of(results)
    assert not withheld
    assert row["status"] == "shown"
    assert row["note"] == ""
    assert exp(row["estimate"]) == pytest.approx(round(26 * 94 / (31 * 35), 2), abs=1e-12)
    assert row["p_value"] == float(p_rounded(fitted(LARGE)["p_value"], 3, "half_up"))
    assert (row["n"], row["n_events"]) == (186, 61)
    assert all(isnan(row[name]) for name in ("std_error", "df", "profile_low", "mc_low", "fmi"))


def test_a_pinned_table_leaves_no_number():
    results, withheld = release_of(PINNED)
    (row,) = rows_of(results)
    assert row["status"] == "suppressed"
    assert row["note"] == ""
    numbers = [value for name, value in row.items() if name not in ("timepoint",)]
    assert not [value for value in numbers if isinstance(value, int | float) and not pd.isna(value)]
    assert [one.code for one in withheld] == ["pinned"]
    assert withheld[0].variable == "dv_any"


def test_the_difference_from_a_printed_base_is_a_count():
    """All four cells are large, but 31 of 33 with a Yes stand in the complete cases: 2 are told."""
    wide = pair_facts(yes=(99 - 40, 100), no=(30, 60), rest=(10, 19))
    near = pair_facts(yes=(28, 40), no=(60, 120), rest=(11, 19))
    shown, _ = release_of(LARGE, wide)
    told, withheld = release_of(LARGE, near)
    assert rows_of(shown)[0]["note"] == ""
    row = rows_of(told)[0]
    assert row["status"] == "suppressed" or "one_decimal" in row["note"]
    assert withheld


def test_complete_cases_of_a_hidden_small_count_stay_internal(monkeypatch):
    """However many tables are left: they would say how many it is at least."""
    passing = Decision("shown", "enough_tables")
    monkeypatch.setattr(module, "unadjusted_odds_ratios", lambda *_, **__: passing)
    table = ((20, 30), (6, 100))
    facts = pair_facts("percent", yes=(30, 50), no=(8, 110), rest=(61, 19))
    _, withheld = release_of(table, facts)
    assert [one.code for one in withheld] == ["hidden_in_base"]
    _, withheld = release_of(
        table, pair_facts("percent", yes=(30, 50), no=(15, 110), rest=(54, 19))
    )
    assert not withheld


def test_no_table_is_told_by_two_methods(monkeypatch):
    passing = Decision("shown", "enough_tables")
    monkeypatch.setattr(module, "unadjusted_odds_ratios", lambda *_, **__: passing)
    table = ((26, 31), (8, 94))
    by_firth = fitted(table) | {"method": "firth", "interval": "profile"}
    pair = np.array([table])
    by_firth |= {
        "estimate": log_odds_ratio(pair, "firth_profile")[0],
        "conf_low": log_limit(pair, "firth_profile", 95.0, -1)[0],
        "conf_high": log_limit(pair, "firth_profile", 95.0, 1)[0],
    }
    facts = pair_facts(yes=(60, 60), no=(38, 113), rest=(1, 6))
    _, withheld = release_of(table, facts, [fitted(table), by_firth])
    assert [one.code for one in withheld] == ["told_by_another_method"]
    first, _ = release_of(table, facts)
    _, withheld = release_of(table, facts, [by_firth], beside=[first])
    assert [one.code for one in withheld] == ["told_by_another_method"]


def test_an_estimate_that_its_table_does_not_make_is_shown_without_small_cells_only():
    other = fitted(LARGE) | {"conf_low": -3.0}
    assert not release_of(LARGE, rows=[other])[1]
    small = fitted(PINNED) | {"conf_low": -3.0}
    assert [one.code for one in release_of(PINNED, rows=[small])[1]] == [
        "small_cell_of_unlike_table"
    ]


def test_without_cells_no_level_passes():
    row = fitted(LARGE)
    _, withheld = released_estimates(
        made_results("estimates", [row]), None, protected_of({"dv_any": pair_facts()}, SIZES)
    )
    assert [one.code for one in withheld] == ["cells_not_given"]


def test_pooled_estimates_follow_the_mean_and_the_complete_cells():
    row = fitted(LARGE) | {"method": "imputed", "interval": "wald_t", "n": 278, "n_events": 99}
    pooled = cells_of_table("dv_any", {"Yes": (50.4, 60.2), "No": (48.6, 118.8)}, method="imputed")
    complete = cells_of_table("dv_any", dict(zip(("Yes", "No"), LARGE, strict=True)))
    few = cells_of_table("dv_any", {"Yes": (9, 31), "No": (48, 98)})
    mean_few = cells_of_table("dv_any", {"Yes": (9.8, 60.2), "No": (89.2, 118.8)}, method="imputed")
    for cells, expected in (
        ([*pooled, *complete], []),
        ([*pooled, *few], ["small_mean_cell"]),
        ([*mean_few, *complete], ["small_mean_cell"]),
        (pooled, ["small_mean_cell"]),
    ):
        _, withheld = release_of(LARGE, rows=[row], cells=cells)
        assert [one.code for one in withheld] == expected


def test_an_odds_ratio_per_step_is_shown_without_small_cells_only():
    row = fitted(LARGE) | {"level": "", "reference": ""}
    steps = {"1": (20, 40), "2": (20, 40), "3": (21, 45)}
    assert not release_of(LARGE, rows=[row], cells=cells_of_table("dv_any", steps))[1]
    few = steps | {"3": (9, 57)}
    _, withheld = release_of(LARGE, rows=[row], cells=cells_of_table("dv_any", few))
    assert [one.code for one in withheld] == ["small_step"]


# ---- adjusted


def two_terms(**more):
    age = fitted(LARGE) | {
        "term": "age_years",
        "variable": "age_years",
        "level": "",
        "reference": "",
    }
    return [row | {"model": "adjusted"} | more for row in (fitted(LARGE), age)]


@pytest.mark.parametrize(
    ("table", "numbers", "code"),
    [
        ({"Yes": (5, 31), "No": (40, 94)}, {}, ""),
        ({"Yes": (5, 5), "No": (40, 94)}, {}, ""),
        ({"Yes": (5, 4), "No": (40, 94)}, {}, "small_level"),
        ({"Yes": (5, 31), "No": (40, 94)}, {"n_events": 9}, "few_events"),
        ({"Yes": (5, 31), "No": (40, 94)}, {"n": 66}, "few_non_events"),
        ({"Yes": (5, 31), "No": (40, 94)}, {"n": 12, "n_events": 1}, "few_residual_df"),
    ],
)
def test_adjusted_estimates_pass_by_the_gate(table, numbers, code):
    rows = two_terms(**numbers)
    results, withheld = release_of(LARGE, rows=rows, cells=cells_of_table("dv_any", table))
    assert {one.code for one in withheld} == ({code} if code else set())
    assert {row["status"] for row in rows_of(results)} == {"suppressed" if code else "shown"}


def test_a_model_of_one_variable_is_its_table():
    _, withheld = release_of(PINNED, rows=[fitted(PINNED) | {"model": "adjusted"}])
    assert [one.code for one in withheld] == ["pinned"]


def test_the_constant_is_left_out():
    constant = two_terms()[0] | {"term": "Intercept", "variable": "", "level": "", "reference": ""}
    results, withheld = release_of(LARGE, rows=[constant, *two_terms()])
    assert "Intercept" not in {row["term"] for row in rows_of(results)}
    assert [one.code for one in withheld] == ["not_printed"]


def test_numbers_that_differ_from_another_base_by_few_are_left_out():
    """278 are in the two groups: 272 in a model would say that 6 are not known."""
    results, withheld = release_of(LARGE, rows=two_terms(n=272, n_events=99))
    assert {(one.code, one.column) for one in withheld} == {("near_another_base", "n")}
    assert all(pd.isna(row["n"]) and not isnan(row["estimate"]) for row in rows_of(results))
    first, _ = release_of(LARGE, rows=two_terms(n=186, n_events=61))
    _, withheld = release_of(LARGE, rows=two_terms(n=190, n_events=61), beside=[first])
    assert {one.code for one in withheld} == {"near_another_base"}
    _, withheld = release_of(LARGE, rows=two_terms(n=200, n_events=75), beside=[first])
    assert not withheld


def test_results_of_another_kind_are_refused():
    with pytest.raises(UsageError):
        released_estimates(made_results("events", []), None, protected_of({}, SIZES))


# ---- the demo


@pytest.mark.parametrize("name", ["estimates_t1", "estimates_t2", "firth_t1", "firth_t2"])
def test_every_adjusted_odds_ratio_of_the_demo_passes(name):
    results, withheld = released(name)
    adjusted = rows_of(results, model="adjusted")
    assert len(adjusted) == 28
    assert {row["status"] for row in adjusted} == {"shown"}
    assert not [one for one in withheld if " adjusted " in one.about and one.code != "not_printed"]
    assert all(row["n"] > 0 and row["n_events"] > 0 for row in adjusted)


@pytest.mark.parametrize("name", ["estimates_t1", "estimates_t2", "firth_t1", "firth_t2"])
def test_no_number_has_more_digits_than_are_printed(name):
    """A ratio made from the released logarithm is the rounded one, to the noise of a double; so two
    numbers that print the same are stored the same.
    """
    results, _ = released(name)
    before = {
        (row["model"], row["method"], row["term"]): row
        for row in rows_of(demo_results(name, "estimates"))
    }
    seen = set()
    for row in rows_of(results, status="shown"):
        source = before[row["model"], row["method"], row["term"]]
        decimals = 1 if "one_decimal" in codes(row) else 2
        for column in ("estimate", "conf_low", "conf_high"):
            if "joint_test" in codes(row):
                continue
            text = rounded(exp(source[column]), decimals, "half_up")
            assert row[column] == log(float(text))
            assert rounded(exp(row[column]), decimals, "half_up") == text
            seen.add((text, row[column]))
        assert row["p_value"] == round(row["p_value"], 3)
        assert isnan(row["std_error"])
        assert isnan(row["df"])
        assert all(isnan(row[column]) for column in ("mc_error", "mc_low", "mc_high", "mc_p"))
        assert isnan(row["fmi"]) or row["fmi"] == round(row["fmi"], 2)
    assert len(seen) > 50
    for row in rows_of(results, status="suppressed"):
        assert pd.isna([row[name] for name in ("estimate", "conf_low", "p_value", "n")]).all()


def truth_of(name, variable):
    cells = rows_of(
        demo_results(f"cells_t{name[-1]}", "events"), method="complete_case", variable=variable
    )
    return {(row["level"], row["group"]): int(row["n"]) for row in cells}


def attacked(name, *frames):
    """Small counts that a reader of all these frames finds out from the unadjusted estimates of
    complete cases, with all that is told of the groups: those with fewer than three values in the
    tables that agree.
    """
    by_variable: dict[str, list] = {}
    for frame in frames:
        for row in rows_of(frame, model="unadjusted", status="shown"):
            of_levels = row["level"] and row["reference"] in ("No", "partner")
            if row["method"] in ("complete_case", "firth") and of_levels:
                by_variable.setdefault(row["variable"], []).append(row)
    assert by_variable
    found = []
    for variable, rows in by_variable.items():
        levels = (rows[0]["level"], rows[0]["reference"])
        tables = agreeing(rows, levels, name)
        truth = truth_of(name, variable)
        true = np.array([[truth[level, side] for side in ("yes", "no")] for level in levels])
        assert (tables == true).all(axis=(1, 2)).any()
        sums = [(true[place], tables[:, place[0], place[1]]) for place in np.ndindex(2, 2)]
        sums += [(true[place].sum(), tables[:, place].sum(axis=1)) for place in (0, 1)]
        if any(one < THRESHOLD and len(np.unique(values)) < 3 for one, values in sums):
            found.append(variable)
    return found


def agreeing(rows, levels, name):
    """The tables that agree with all rows of a variable."""
    sides = (f"involved_{name[-2:]}", f"not_involved_{name[-2:]}")
    protected = demo_protected()
    most = tuple(
        tuple(most_of(protected, rows[0]["variable"], level, side) for side in sides)
        for level in levels
    )
    common = {"n": int(rows[0]["n"]), "n_events": int(rows[0]["n_events"]), "most": most}
    each = [
        {
            table.tobytes()
            for table in compatible_tables(Printed(odds_ratios=(as_read(row),), **common))
        }
        for row in rows
    ]
    together = sorted(set.intersection(*each))
    return np.array([np.frombuffer(table, dtype=np.int64).reshape(2, 2) for table in together])


def as_read(row):
    """A released row as its reader sees it."""
    decimals = 1 if "one_decimal" in codes(row) else 2
    texts = [
        rounded(exp(row[column]), decimals, "half_up")
        for column in ("estimate", "conf_low", "conf_high")
    ]
    p_text = p_rounded(row["p_value"], 3, "half_up")
    cuts: tuple[float, ...] = ()
    if {"p_below", "p_at_least"} & {*codes(row)}:
        p_text = ("<" if "p_below" in codes(row) else ">=") + str(row["p_value"])
        cuts = P_CLASSES
    method = "firth_profile" if row["interval"] == "profile" else "wald"
    if row["method"] == "firth" and method == "wald":
        method = "firth_wald"
    return OddsRatio(*texts, p_text, method, 95.0, cuts)


@pytest.mark.parametrize("name", ["estimates_t1", "estimates_t2", "firth_t1", "firth_t2"])
def test_no_small_count_of_the_demo_is_found_out(name):
    results, _ = released(name)
    assert attacked(name, results) == []


@pytest.mark.parametrize("name", ["estimates_t1", "estimates_t2"])
def test_without_the_gate_small_counts_are_found_out(name, monkeypatch):
    """Else the attack would be none."""
    passing = Decision("shown", "no_small_count")
    monkeypatch.setattr(module, "unadjusted_odds_ratios", lambda *_, **__: passing)
    results, _ = released_estimates(
        demo_results(name, "estimates"),
        demo_results(f"cells_{name[-2:]}", "events"),
        demo_protected(),
    )
    assert "schizophrenia" in attacked(name, results)


@pytest.mark.parametrize("end", ["t1", "t2"])
def test_two_frames_together_tell_no_small_count(end):
    """Firth's estimates beside those of maximum likelihood, of the same tables."""
    first, _ = released(f"estimates_{end}")
    second, withheld = released_estimates(
        demo_results(f"firth_{end}", "estimates"),
        demo_results(f"cells_{end}", "events"),
        demo_protected(),
        beside=[first],
    )
    assert attacked(end, first, second) == []
    assert "told_by_another_method" in {one.code for one in withheld}


def test_everything_that_is_withheld_of_the_demo_is_listed():
    results, withheld = released("estimates_t1")
    suppressed = rows_of(results, status="suppressed")
    listed = {(one.variable, one.level) for one in withheld if not one.column}
    assert {(row["variable"], row["level"]) for row in suppressed} <= listed
    assert all(one.code for one in withheld)
