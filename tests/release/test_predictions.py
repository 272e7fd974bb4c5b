"""Numbers in 100 that leave."""

from functools import cache
from math import isnan

import pandas as pd
import pytest

from mothers_margins.release import predictions as module
from mothers_margins.release.predictions import released_predictions
from tests.release.made_release import (
    A,
    B,
    cells_of_table,
    demo_protected,
    demo_results,
    made_results,
    protected_of,
)

SIZES = {A: 99, B: 179}


@cache
def released(timepoint: int):
    return released_predictions(
        demo_results(f"predictions_t{timepoint}", "predictions"),
        demo_results(f"cells_t{timepoint}", "events"),
        demo_protected(),
    )


def prediction(level, share, **more):
    return {
        "outcome": "involved_t1",
        "specification": "protocol",
        "model": "adjusted",
        "method": "complete_case",
        "variable": "dv_any",
        "level": level,
        "estimate": share,
        "conf_low": share - 0.0512,
        "conf_high": share + 0.0512,
        "std_error": 0.2,
        "df": 100.0,
        "n": 186,
        "n_events": 61,
    } | more


def release_of(rows, table, **more):
    return released_predictions(
        made_results("predictions", rows),
        made_results("events", cells_of_table("dv_any", table)),
        protected_of({}, SIZES),
        **more,
    )


def test_shares_are_whole_numbers_in_100_and_nothing_else_is_left():
    results, withheld = release_of([prediction("Yes", 0.4567)], {"Yes": (30, 40), "No": (31, 85)})
    (row,) = results.to_dict("records")
    assert not withheld
    assert (row["estimate"], row["conf_low"], row["conf_high"]) == (0.46, 0.41, 0.51)
    assert (row["n"], row["n_events"]) == (186, 61)
    assert all(isnan(row[name]) for name in ("std_error", "df", "fmi", "mc_error"))


@pytest.mark.parametrize(
    ("cells", "share", "code"),
    [
        ((10, 25), 0.50, ""),  # the cell has ten; 18 of 35 are guessed
        ((9, 26), 0.50, "pinned"),  # nine, and of 35 only one guess prints 50 or 51
        ((12, 23), 0.20, "pinned"),  # 7 of 35 are guessed, which would be a small count
    ],
)
def test_the_guess_and_the_count_are_both_protected(cells, share, code):
    _, withheld = release_of([prediction("Yes", share)], {"Yes": cells, "No": (40, 85)})
    assert [one.code for one in withheld] == ([code] if code else [])


def test_a_level_without_cells_and_a_model_that_does_not_pass():
    table = {"Yes": (30, 40), "No": (31, 85)}
    _, withheld = release_of([prediction("Often", 0.4)], table)
    assert [one.code for one in withheld] == ["cells_not_given"]
    _, withheld = release_of([prediction("Yes", 0.4)], {"Yes": (4, 5), "No": (57, 120)})
    assert [one.code for one in withheld] == ["small_level"]
    _, withheld = release_of([prediction("Yes", 0.4, method="imputed")], table)
    assert [one.code for one in withheld] == ["cells_not_given"]


def test_quartiles_of_a_number_need_as_many_as_the_policy_says():
    age = {"variable": "age_years", "level": "lower_quartile", "at": 27.0}
    table = {"Yes": (10, 10), "No": (10, 10)}
    few = prediction("", 0.4) | age | {"n": 39, "n_events": 20}
    results, withheld = release_of([few], table)
    assert [one.code for one in withheld] == ["few_for_quartiles"]
    assert isnan(results["at"].iloc[0])
    results, withheld = release_of([few | {"n": 40}], table)
    assert not withheld
    assert results["at"].iloc[0] == 27.0


def test_numbers_near_another_base_are_left_out():
    row = prediction("Yes", 0.4, n=272, n_events=99)
    results, withheld = release_of([row], {"Yes": (40, 60), "No": (59, 113)})
    assert [(one.code, one.column) for one in withheld] == [("near_another_base", "n")]
    assert results["n"].isna().all()


def found_out(results, cells):
    """Levels of which level total × prediction leaves fewer than three small counts."""
    found = []
    for row in results.to_dict("records"):
        own = cells[
            (cells["method"] == row["method"])
            & (cells["variable"] == row["variable"])
            & (cells["level"] == row["level"])
        ]
        if row["status"] != "shown" or own.empty:
            continue
        events = round(own[own["group"] == "yes"]["n"].item())
        total = round(own["n"].sum())
        percent = round(100 * row["estimate"])
        guesses = [n for n in range(total + 1) if int(100 * n / total + 0.5) == percent]
        if len(guesses) < 3 and any(min(n, total - n) < 10 for n in (*guesses, events)):
            found.append((row["method"], row["variable"], row["level"]))
    return found


@pytest.mark.parametrize("timepoint", [1, 2])
def test_no_small_count_of_the_demo_is_guessed(timepoint, monkeypatch):
    cells = pd.DataFrame(demo_results(f"cells_t{timepoint}", "events"))
    results, withheld = released(timepoint)
    assert found_out(results, cells) == []
    assert (results["status"] == "shown").sum() > 30
    assert len(withheld) == (results["status"] == "suppressed").sum() > 5
    monkeypatch.setattr(module, "_why_not", lambda *_: "")
    open_results, _ = released_predictions(
        demo_results(f"predictions_t{timepoint}", "predictions"),
        demo_results(f"cells_t{timepoint}", "events"),
        demo_protected(),
    )
    assert found_out(open_results, cells)  # the attack finds some without the gate
