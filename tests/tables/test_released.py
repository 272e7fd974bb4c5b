"""How what was released is printed: with the digits that it has, and no more."""

from math import log, nan

import pytest

import mothers_margins as mm
from mothers_margins.release.digits import log_of_ratio
from mothers_margins.results.results import Results
from tests.planted import one
from tests.release.made_release import ESMI, A, B, made_results


def printed(table: mm.Table) -> dict[tuple[str, str], list[str]]:
    """The texts of the cells by variable and level."""
    return {
        (row.variable, row.level): [table.print(cell) for cell in row.cells]
        for section in table.sections
        for row in section.rows
        if row.cells
    }


def through_the_door(kind: str, rows: list[dict]) -> Results:
    results = made_results(kind, rows)
    results.about = results.about.__class__(**{**vars(results.about), "released": True})
    return results


# ---- odds ratios


def coarse(note: str, p_value: float) -> dict:
    """1.3 (0.9 to 2.0), as the door leaves it: an unadjusted odds ratio with one decimal."""
    limits = {
        "conf_low": log_of_ratio(log(0.94), 1, "half_up"),
        "conf_high": log_of_ratio(log(2.04), 1, "half_up"),
    }
    left_out = dict.fromkeys(
        ("std_error", "df", "fmi", "mc_error", "mc_low", "mc_high", "mc_p", "m"), nan
    )
    usual = {"model": "unadjusted", "method": "complete_case", "interval": "wald"}
    return one("dv_any", "Yes", log_of_ratio(log(1.284), 1, "half_up"), nan) | (
        usual | limits | left_out | {"p_value": p_value, "note": note}
    )


@pytest.mark.parametrize(
    ("code", "limit", "text"),
    [
        ("p_below", 0.001, "<0.001"),
        ("p_below", 0.01, "<0.01"),
        ("p_below", 0.05, "<0.05"),
        ("p_at_least", 0.05, "≥0.05"),
    ],
)
def test_an_odds_ratio_of_one_decimal_is_printed_with_one(code, limit, text):
    rows = [coarse(f"one_decimal {code}", limit)]
    table = mm.odds_ratios(through_the_door("estimates", rows))
    assert printed(table)["dv_any", "Yes"] == ["1.3 (0.9 to 2.0)", text]
    notes = " ".join(words for _, words in table.notes)
    assert "With one decimal, so that small counts stay hidden." in notes
    assert "only its class is released" in notes
    assert "p is below" not in notes


def test_others_keep_their_decimals():
    fine = one("alcohol_misuse", "Yes", log(1.3), nan, p_value=0.05)
    rows = [coarse("one_decimal p_below", 0.01), fine | {"model": "unadjusted"}]
    texts = printed(mm.odds_ratios(through_the_door("estimates", rows)))
    assert "0.050" in texts["alcohol_misuse", "Yes"]
    assert any(text.startswith("1.30 (") for text in texts["alcohol_misuse", "Yes"])


def test_a_forest_says_one_decimal_too():
    row = coarse("one_decimal p_at_least", 0.05) | {"model": "adjusted"}
    figure = mm.forest(through_the_door("estimates", [row]))
    assert "1.3 (0.9 to 2.0)" in figure.alt
    assert "1.30" not in figure.alt


# ---- comparisons


def compared(variable: str = "dv_any", level: str = "", **more) -> dict:
    return {"variable": variable, "level": level, "group_a": A, "group_b": B} | more


def table_of(rows: list[dict], more: list[dict] | None = None) -> mm.Table:
    counts = [
        {"variable": "dv_any", "level": level, "group": group, "statistic": statistic}
        | {"value": 50, "n": 50, "denominator": 100}
        for group in (A, B)
        for level in ("Yes", "No")
        for statistic in ("n", "percent")
    ]
    sizes = [
        {"variable": "n", "group": group, "statistic": "n", "value": 100, "n": 100}
        for group in (A, B)
    ]
    summary = through_the_door("summaries", [*sizes, *counts, *(more or [])])
    summary.about = summary.about.__class__(
        **{**vars(summary.about), "groups": {name: ESMI.groups[name] for name in (A, B)}}
    )
    comparisons = through_the_door("comparisons", rows)
    comparisons.about = comparisons.about.__class__(
        **{**vars(comparisons.about), "groups": {name: ESMI.groups[name] for name in (A, B)}}
    )
    return mm.characteristics(summary, comparisons=comparisons)


def test_comparisons_that_are_released_have_a_class_of_p_and_no_statistic():
    rows = [
        compared(test="chi_squared", p_value=0.05, note="p_at_least"),
        compared(
            level="Yes",
            effect=3.0,
            effect_name="difference",
            conf_low=-5.0,
            conf_high=11.0,
            note="from_whole_percent",
        ),
        compared(effect=0.27, effect_name="standardised_difference", note="from_whole_percent"),
    ]
    table = table_of(rows)
    assert [column.key for column in table.columns][-3:] == ["difference", "p", "d"]
    (texts,) = printed(table).values()
    assert texts[-3:] == ["3 (−5 to 11)", "≥0.05", "0.27"]
    notes = " ".join(words for _, words in table.notes)
    assert "From the whole per cent that are printed." in notes
    assert "Test and p" not in notes
    assert "in brackets" not in notes


def test_a_hidden_test_of_fisher_says_nothing_of_why_it_stands_there():
    rows = [compared(test=test, status="suppressed") for test in ("chi_squared", "fisher_exact")]
    (texts,) = printed(table_of(rows)).values()
    assert texts[-2] == "[c]"


def test_levels_that_are_put_together_are_not_compared_which_is_said():
    merged = ESMI.standing_in("release")["ethnicity"]
    levels = ESMI.levels(merged)
    rows = [
        {"variable": merged, "level": level, "group": group, "statistic": statistic}
        | {"value": 40, "n": 40, "denominator": 120}
        for group in (A, B)
        for level in levels
        for statistic in ("n", "percent")
    ]
    table = table_of([compared(test="chi_squared", p_value=0.2)], rows)
    texts = printed(table)
    assert texts[merged, ""][-2] == "–"
    assert texts["dv_any", "Yes"][-2] == "0.200"
    assert "Not compared: its levels are put together" in " ".join(text for _, text in table.notes)


def test_a_number_that_is_held_back_alone_is_no_missing_one():
    row = one("dv_any", "Yes", log(1.3), nan, note="n_held_back", n=nan, n_events=nan)
    results = through_the_door("estimates", [row])
    notes = " ".join(words for _, words in mm.odds_ratios(results).notes)
    assert "[c] mother-infant dyads, [c] with the outcome" in notes
    assert "n = [c], events [c]" in mm.forest(results).alt


# ---- needs


def test_needs_say_who_is_counted_with_a_level():
    plan = ESMI.plan("needs_t1")
    levels = ESMI.levels(plan.variables[0])
    notes = ["share_of_all"] * (len(levels) - 1) + ["share_of_all or_not_known"]
    rows = [
        {"variable": "n", "group": group, "statistic": "n", "value": 100, "n": 100}
        for group in plan.groups
    ]
    rows += [
        {"variable": name, "level": level, "group": group, "statistic": "n", "note": note}
        | {"value": 30, "n": 30, "denominator": 100}
        for name in plan.variables
        for group in plan.groups
        for level, note in zip(levels, notes, strict=True)
    ]
    table = mm.needs(through_the_door("summaries", rows), "needs_t1")
    said = dict(table.notes)
    cells = table.sections[0].rows[0].cells
    assert said[cells[0].mark] == "Per cent are of all in the column."
    last = cells[len(levels) - 1]
    headings = [column.heading for column in table.columns[: len(levels)]]
    assert headings == ["No need", "Met need", "Unmet need, or not known where marked"]
    assert said[last.mark].endswith("Those who are not known are counted here, too.")
    assert "of those with a known answer" not in " ".join(said.values())


def test_a_level_that_holds_those_not_known_says_so_in_its_label():
    """By hand: the last level of a variable that everybody was asked, the No of one that concerns
    some, and a variable whose counts are of those known.
    """
    forms = {
        "relationship": ["share_of_all", "share_of_all or_not_known"],
        "other_children_csc": ["share_of_all", "share_of_all or_not_known"],
        "infant_sex": ["", ""],
    }
    rows = [
        {"variable": "n", "group": group, "statistic": "n", "value": 100, "n": 100}
        for group in ("all_t1", "involved_t1", "not_involved_t1")
    ]
    for name, notes in forms.items():
        for group in ("all_t1", "involved_t1", "not_involved_t1"):
            rows += [
                {"variable": name, "level": level, "group": group, "statistic": "n", "note": note}
                | {"value": 30, "n": 30, "denominator": 100}
                for level, note in zip(ESMI.levels(name), notes, strict=True)
            ]
    table = mm.characteristics(through_the_door("summaries", rows), "characteristics_t1")
    labels = [row.label for section in table.sections for row in section.rows if row.cells]
    assert labels == [
        "partner",
        "single, or not known",
        "Yes",
        "No, or not known, or does not apply",
        "female",
        "male",
    ]
