"""The four workshops of the demo run: every deck passes every check, and what it shows was
released.
"""

import json
from pathlib import Path

import pytest

import mothers_margins as mm
from mothers_margins.errors import UsageError
from mothers_margins.release.manifest import read_manifest
from mothers_margins.slides import facts
from mothers_margins.slides.check_deck import HARDEST, check_deck, hardness
from mothers_margins.slides.deck import deck_of
from mothers_margins.slides.feedback import Given
from mothers_margins.slides.meeting import Meeting
from mothers_margins.slides.write_deck import read_deck, write_deck

MEETINGS = (1, 2, 3, 4)
RESERVED = {2: {"One difference, up close", "One year later"}, 3: {"Where we saw a difference"}}


@pytest.fixture(scope="module")
def out(demo_run) -> Path:
    demo_run.said()
    return demo_run.out


@pytest.fixture(scope="module")
def released(out) -> mm.Released:
    return mm.read_release(out / "release" / "esmi")


def notebook(out: Path, number: int) -> Path:
    return out / "notebooks" / f"08_{number}_leag.ipynb"


@pytest.mark.parametrize("number", MEETINGS)
def test_a_deck_passes_every_check(out, number):
    deck = read_deck(notebook(out, number))
    assert hardness(deck) <= HARDEST
    assert sum(one.minutes for one in deck.shown) == 90
    assert {one.title for one in deck.slides if one.part == "reserve"} == RESERVED.get(
        number, set()
    )


@pytest.mark.parametrize("number", MEETINGS)
def test_the_batch_has_written_what_two_writings_make(out, number, tmp_path):
    made = {path.name: path.read_bytes() for path in write_deck(notebook(out, number), tmp_path)}
    there = out / "release" / f"leag_{number}"
    assert made == {path.name: path.read_bytes() for path in there.iterdir()}
    assert set(made) == {"deck.pptx", "deck.html", "run_sheet.html", "feedback.xlsx"}


def test_the_first_meeting_shows_no_finding_by_factor(out):
    assert not any(one.by_factor for one in read_deck(notebook(out, 1)).slides)


def test_decks_2_and_3_say_how_often_involvement_ended(out):
    for number in (2, 3):
        body = [one.title for one in read_deck(notebook(out, number)).shown]
        assert "Involvement can end" in body


def test_the_most_serious_stands_last_before_the_closing_and_can_be_left_out(out):
    content = json.loads(notebook(out, 3).read_text(encoding="utf-8"))
    shown = [one.part for one in deck_of(content["cells"]).shown]
    assert shown[-2:] == ["optional", "body"]
    text = json.dumps(content).replace('"options": ["most_serious"]', '"options": []')
    without = deck_of(json.loads(text)["cells"])
    assert "optional" not in [one.part for one in without.slides]
    check_deck(without)


def meeting(released: mm.Released, number: int, given: Given) -> Meeting:
    leag = released.study.leag
    assert leag is not None
    return Meeting(released, number, leag, given)


def test_without_a_list_the_deck_stops_there(released):
    given = Given((), None, (), rehearsal=False)
    assert meeting(released, 2, given).agreed_list().gate
    assert not mm.leag_meeting(released, 2).agreed_list().gate


def test_a_real_deck_is_refused_until_contacts_are_there(released):
    without = meeting(released, 2, Given((), None, (), rehearsal=False)).welcome()
    there = meeting(released, 2, Given((), None, ("Call us",), rehearsal=False)).welcome()
    assert without.meant is not None
    assert there.meant is not None
    assert without.meant.missing
    assert not there.meant.missing
    assert "REHEARSAL" not in there.meant.mark


def test_diagnoses_are_off_until_the_group_asks(released):
    shown = {one.phrase.variable for one in facts.pairs(released, 1, ())}
    asked = {one.phrase.variable for one in facts.pairs(released, 1, ("diagnoses",))}
    assert asked - shown == {"personality_disorder"}  # schizophrenia does not pass the door


def test_every_pair_has_four_cells_behind_it(released):
    results = released.results("characteristics_t1")
    counts = results[results["statistic"] == "n"]
    for pair in facts.pairs(released, 1, ("diagnoses",)):
        for group, share in (("involved_t1", pair.first), ("not_involved_t1", pair.second)):
            of_group = counts[
                (counts["variable"] == pair.phrase.variable) & (counts["group"] == group)
            ]
            assert of_group["status"].eq("shown").all()
            assert of_group["value"].sum() == share.of
            assert share.interval.width <= 20


def test_adjusted_pairs_are_the_released_predictions(released):
    first = facts.adjusted_pairs(released, 1, ())[0]
    rows = released.results("per_hundred_protocol_t1").to_dict("records")
    variable = first.phrase.variable
    mine = {
        row["level"]: 100 * row["estimate"]
        for row in rows
        if row["variable"] == variable and row["method"] == "imputed"
    }
    assert first.first.percent == pytest.approx(mine[first.phrase.level])


def test_an_unknown_meeting_and_internal_results_are_refused(released):
    with pytest.raises(UsageError, match="none of 1 to 4"):
        mm.leag_meeting(released, 5)
    with pytest.raises(UsageError, match="read_release"):
        mm.leag_meeting(released.results("characteristics_t1"), 1)


def test_decks_lie_beside_releases_and_change_none(out):
    assert read_manifest(out / "release" / "esmi").study == "esmi"
    assert not any(path.name.startswith("leag") for path in (out / "release" / "esmi").rglob("*"))
