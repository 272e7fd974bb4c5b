"""What a new release would change against all earlier ones (T8 of issue 14)."""

import pandas as pd
import pytest

from mothers_margins.disclosure.differences import differences, hidden_before, recorded
from mothers_margins.disclosure.ledger import MemoryLedger, Recorded
from tests.disclosure.patterns import KEY, OTHER_KEY, VERSION, WHEN, content, hidden, shown


def ledger_of(*releases: list[Recorded], keys: tuple[str, ...] = ()) -> MemoryLedger:
    ledger = MemoryLedger()
    for number, cells in enumerate(releases):
        key = keys[number] if keys else KEY
        ledger.append(content(*cells, key=key), when=WHEN, version=VERSION)
    return ledger


def findings(ledger: MemoryLedger, *cells: Recorded, key: str = KEY) -> pd.DataFrame:
    return differences(ledger, cells, key, study="esmi", threshold=10)


def codes(found: pd.DataFrame) -> dict[str, list[str]]:
    return {level: [*rows["finding"]] for level, rows in found.groupby("level", sort=False)}


def test_without_an_earlier_release_all_is_new():
    found = findings(MemoryLedger(), shown("Yes", 20), hidden("No"))
    assert codes(found) == {"Yes": ["new"], "No": ["new"]}
    assert found["entry"].isna().all()


def test_the_same_release_again_is_the_same():
    ledger = ledger_of([shown("Yes", 20), hidden("No")])
    found = findings(ledger, shown("Yes", 20), hidden("No", 4))
    assert codes(found) == {"Yes": ["same"], "No": ["same"]}


def test_timepoint_1_then_2():
    one = [shown("Yes", 20), hidden("No")]
    two = [shown("Yes", 18, table="t2"), shown("No", 11, table="t2")]
    found = findings(ledger_of(one), *one, *two)
    assert [*found["finding"]] == ["same", "same", "new", "new"]


def test_what_was_hidden_must_stay_hidden_also_of_corrected_data():
    ledger = ledger_of([hidden("No"), shown("Yes", 20)], [shown("Yes", 20)])
    for key in (KEY, OTHER_KEY):
        found = findings(ledger, shown("No", 15), shown("Yes", 20), key=key)
        assert codes(found)["No"] == ["must_stay_hidden"]
        assert found.loc[found["level"] == "No", "entry"].item() == 1
        assert found.loc[found["level"] == "No", "other_data"].item() == (key == OTHER_KEY)


def test_hidden_once_is_hidden_for_ever_though_it_was_shown_before_that():
    ledger = ledger_of([shown("No", 12)], [hidden("No")])
    assert codes(findings(ledger, shown("No", 12)))["No"] == ["must_stay_hidden"]
    assert [*hidden_before(ledger, "esmi").values()] == [True]
    again = ledger_of([hidden("No")], [shown("No", 12)])
    assert codes(findings(again, shown("No", 12)))["No"] == ["must_stay_hidden"]
    assert [*hidden_before(again, "esmi").values()] == [True]


def test_what_was_shown_and_has_fallen_is_reported():
    ledger = ledger_of([shown("No", 12)])
    found = findings(ledger, hidden("No", 8), key=OTHER_KEY)
    assert codes(found)["No"] == ["fallen_below", "cannot_be_recalled"]
    assert found["now"].isna().all()  # the number of a hidden cell is not said
    assert "8" not in found.to_csv()
    still = findings(ledger, shown("No", 8), key=OTHER_KEY)
    assert codes(still)["No"] == ["fallen_below", "small_change"]


def test_what_was_shown_and_is_hidden_to_protect_others_is_reported():
    ledger = ledger_of([shown("No", 12)])
    assert codes(findings(ledger, hidden("No", 12)))["No"] == ["cannot_be_recalled"]
    assert codes(findings(ledger, hidden("No")))["No"] == ["cannot_be_recalled"]


def test_a_nought_by_definition_has_not_fallen():
    ledger = ledger_of([shown("No", 0)])
    assert codes(findings(ledger, shown("No", 0)))["No"] == ["same"]


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (30, "same"),
        (31, "small_change"),
        (29, "small_change"),
        (39, "small_change"),
        (21, "small_change"),
        (40, "large_change"),
        (20, "large_change"),
    ],
)
def test_a_change_of_1_to_9_participants_is_named(now, code):
    ledger = ledger_of([shown("Yes", 30)])
    found = findings(ledger, shown("Yes", now), key=OTHER_KEY)
    assert codes(found)["Yes"] == [code]
    assert found["change"].item() == now - 30
    assert (found["before"].item(), found["now"].item()) == (30, now)
    assert found["other_data"].item()


def test_a_number_is_compared_with_every_one_that_a_reader_holds():
    ledger = ledger_of([shown("Yes", 40)], [shown("Yes", 60)], keys=(KEY, OTHER_KEY))
    found = findings(ledger, shown("Yes", 42), key="c" * 64)
    said = [*zip(found["finding"], found["entry"], found["change"], strict=True)]
    assert said == [("small_change", 1, 2), ("large_change", 2, -18)]


def test_a_changed_number_of_the_same_data_is_named_too():
    found = findings(ledger_of([shown("Yes", 40)]), shown("Yes", 41))
    assert codes(found)["Yes"] == ["small_change"]
    assert not found["other_data"].item()


@pytest.mark.parametrize(("before", "now"), [(40, 41), (40, 80), (12.3, 12.4), ("<0.05", "<0.01")])
def test_how_many_a_changed_per_cent_or_mean_stands_for_cannot_be_told(before, now):
    ledger = ledger_of([shown("Yes", before, form="percent")])
    found = findings(ledger, shown("Yes", now, form="percent"), key=OTHER_KEY)
    assert codes(found)["Yes"] == ["unsized_change"]


def test_timepoint_2_with_a_form_changed():
    ledger = ledger_of([shown("Yes", 40), shown("No", 239)])
    now = [shown("Yes", 14, form="percent"), shown("No", 239, form="share_of_all")]
    found = findings(ledger, *now)
    assert codes(found) == {"Yes": ["form_changed"], "No": ["form_changed"]}
    assert found["form_before"].tolist() == ["counts", "counts"]
    assert found["form_now"].tolist() == ["percent", "share_of_all"]


def test_a_form_changed_and_a_record_corrected_are_both_said():
    ledger = ledger_of([shown("Yes", 40)])
    found = findings(ledger, shown("Yes", 43, form="share_of_all"), key=OTHER_KEY)
    assert codes(found)["Yes"] == ["small_change", "form_changed"]


def test_a_veto_hides_what_was_shown_and_it_is_said():
    ledger = ledger_of([shown("Yes", 40), shown("No", 30)])
    found = findings(ledger, hidden("Yes", 40), shown("No", 30))
    assert codes(found) == {"Yes": ["cannot_be_recalled"], "No": ["same"]}
    assert codes(findings(ledger, shown("No", 30))) == {"No": ["same"], "Yes": ["withdrawn"]}


def test_a_cell_of_the_last_release_that_is_planned_no_more_is_withdrawn():
    ledger = ledger_of([shown("Yes", 40), hidden("No")])
    found = findings(ledger)
    assert codes(found) == {"No": ["withdrawn"], "Yes": ["withdrawn"]}


def test_another_study_is_another_matter():
    ledger = MemoryLedger()
    ledger.append(content(hidden("No"), study="hscc_2019"), when=WHEN, version=VERSION)
    assert codes(findings(ledger, shown("No", 12)))["No"] == ["new"]
    assert hidden_before(ledger, "esmi") == {}


def test_all_that_was_released_is_one_tidy_frame():
    ledger = ledger_of([shown("Yes", 40), hidden("No", 3)], [shown("Yes", 41), hidden("No", 4)])
    frame = recorded(ledger)
    assert [*frame.columns] == [
        "entry",
        "when",
        "study",
        "data_key",
        "table",
        "variable",
        "level",
        "group",
        "form",
        "shown",
        "value",
    ]
    assert frame["value"].tolist() == [None, 40, None, 41]
    assert isinstance(frame["value"][1], int)
    assert frame["entry"].tolist() == [1, 1, 2, 2]
    assert recorded(MemoryLedger()).empty


def test_nothing_is_changed_by_asking():
    ledger = ledger_of([shown("Yes", 40)])
    before = ledger.entries()
    cells = (shown("Yes", 41), hidden("No", 3))
    findings(ledger, *cells)
    assert ledger.entries() == before
    assert cells[1].value == 3
