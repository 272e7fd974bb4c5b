"""The four meetings of the study: their notebooks as decks, with a locked list and without one."""

import re
from dataclasses import replace

import pytest
import yaml

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.documents.parts import unpacked
from mothers_margins.slides import feedback, meeting
from mothers_margins.slides.check_deck import check_deck, hardness
from mothers_margins.slides.deck import deck_of, talk_minutes
from mothers_margins.slides.page import page
from mothers_margins.slides.powerpoint import powerpoint
from mothers_margins.wording.leag import BEFORE_LINES, checked_on
from tests.slides.by_hand import cells_of, executed, released

MEETINGS = (1, 2, 3, 4)


@pytest.fixture(params=MEETINGS)
def number(request) -> int:
    return request.param


@pytest.fixture
def no_lock(monkeypatch):
    """A rehearsal in which no list is agreed."""
    given = feedback.given
    without = lambda study, *, made_up: replace(given(study, made_up=made_up), lock=None)  # noqa: E731
    monkeypatch.setattr(meeting, "given", without)


def deck(number, monkeypatch):
    return deck_of(executed(cells_of(number), released(), monkeypatch))


def test_every_deck_can_be_used(number, monkeypatch):
    made = check_deck(deck(number, monkeypatch))
    assert made.meant.rehearsal
    assert made.slides[1].title == "Before we start"
    assert made.shown[-1].kind == "closing"
    assert hardness(made) <= 9
    assert len(made.meant.study_words) <= 15


def test_the_run_sheet_adds_up_to_ninety_minutes(number, monkeypatch):
    shown = deck(number, monkeypatch).shown
    by_kind = {one.kind: 0.0 for one in shown}
    for one in shown:
        by_kind[one.kind] += one.minutes
    assert sum(by_kind.values()) == 90
    assert (by_kind["title"], by_kind["break"], by_kind["closing"]) == (10, 10, 10)
    assert shown[1].minutes == 5
    talk = by_kind.get("prompt", 0) + by_kind.get("vote", 0)
    assert talk == talk_minutes(deck(number, monkeypatch))
    assert talk >= (90 - 35) / 2


def test_at_most_nine_findings_three_charts_and_twelve_numbers(number, monkeypatch):
    content = [one for one in deck(number, monkeypatch).shown if one.is_content]
    body = [one for one in content if one.part == "body"]
    assert len(body) <= 9
    assert sum(one.picture is not None for one in body) <= 3
    assert sum(one.counted for one in body) <= 12
    assert all(one.remember for one in content)
    assert all(any("Pause" in note for note in one.notes) for one in content)


def test_before_we_start_says_its_six_things():
    said = " ".join(BEFORE_LINES)
    for thing in (
        "not part of social care",
        "come, stay silent or leave. Nobody outside is told that you did",
        "We write down ideas and numbers, and no names unless you ask",
        "Only if someone is in danger now must we tell somebody. We tell you first",
        "Nobody is asked for her story",
        "paid before the meeting",
    ):
        assert thing in said
    assert len(BEFORE_LINES) == 6


def test_findings_by_factor_come_after_the_list(monkeypatch):
    for number in (2, 3, 4):
        slides = deck(number, monkeypatch).slides
        agreed = next(place for place, one in enumerate(slides) if one.kind == "list")
        assert any(one.by_factor for one in slides)
        assert all(place > agreed for place, one in enumerate(slides) if one.by_factor)


def test_without_a_list_decks_2_and_3_stop_at_it_and_no_deck_has_a_finding_by_factor(
    no_lock, monkeypatch
):
    for number in MEETINGS:
        made = check_deck(deck(number, monkeypatch))
        assert not any(one.by_factor for one in made.slides)
        if number in (2, 3):
            assert [one.kind for one in made.slides[-2:]] == ["list", "closing"]
            assert made.slides[-2].lines[0] == "We have not yet agreed which factors to look at."


def test_a_rehearsal_is_read_for_made_up_rows_only(monkeypatch):
    monkeypatch.delenv(feedback.FOLDER, raising=False)
    study = mm.read_study("esmi")
    made_up = feedback.given(study, made_up=True)
    assert made_up.rehearsal
    assert made_up.topics
    assert made_up.lock
    real = feedback.given(study, made_up=False)
    assert (real.topics, real.contacts, real.rehearsal) == ((), (), False)
    assert real.lock == study.file.lock


def test_what_a_rehearsal_invents_is_never_in_a_womans_voice():
    folder = places.project() / "data_dictionary" / "esmi" / "rehearsal"
    topics = list(feedback._topics(folder))
    assert len(topics) >= 6
    assert all(topic.topic.startswith("Example: ") for topic in topics)
    assert not any({"i", "my", "me"} & {*topic.said.lower().split()} for topic in topics)


def test_a_deck_of_real_numbers_needs_support_contacts(monkeypatch, tmp_path):
    monkeypatch.setenv(feedback.FOLDER, str(tmp_path))
    release = released(rows_are="restricted")
    with pytest.raises(mm.UsageError, match="who to call"):
        check_deck(deck_of(executed(cells_of(1), release, monkeypatch)))
    (tmp_path / "contacts.txt").write_text("Call the team on weekdays\n", encoding="utf-8")
    made = check_deck(deck_of(executed(cells_of(1), release, monkeypatch)))
    assert "Call the team on weekdays" in made.shown[-1].lines
    assert not made.meant.rehearsal
    assert "REHEARSAL" not in repr(made)
    for deck_file in (page(made), str(unpacked(powerpoint(made)))):
        mark = "Real numbers, checked on 20 January 2022. None is of fewer than 10 mothers."
        # on every slide of them, in the page and in PowerPoint
        assert deck_file.count(mark) >= len(made.shown)


def test_a_release_that_does_not_say_its_day_has_a_mark_without_it():
    assert checked_on("", 10) == "Real numbers, checked. None is of fewer than 10 mothers."


def test_numbers_are_hidden_where_a_cell_is_small():
    shown = mm.leag_meeting(released(), 2)
    small = shown.little_difference()
    assert "Too few to show: had learning difficulties recorded." in (*small.lines, *small.notes)
    assert not any(character.isdigit() for line in small.lines for character in line)


def test_options_that_are_off_show_nothing(monkeypatch):
    titles = [one.title for one in deck(1, monkeypatch).slides]
    assert "Words that were used about us" not in titles
    study = mm.read_study("esmi")
    on = study.leag.model_copy(update={"options": {"labels": True}})
    release = released(study=replace(study, leag=on))
    made = deck_of(executed(cells_of(1), release, monkeypatch))
    assert "Words that were used about us" in [one.title for one in made.slides]


def test_the_optional_block_is_announced_and_can_be_taken_out(monkeypatch):
    made = deck(3, monkeypatch)
    optional = [one.title for one in made.slides if one.part == "optional"]
    assert optional == ["Next: babies who live apart", "Babies who live apart from their mothers"]
    numbers = sum(one.counted for one in made.slides if one.part == "optional")
    assert numbers <= 1


def test_diagnoses_are_off():
    leag = mm.read_study("esmi").leag
    assert leag.options["diagnoses"] is False
    by_option = {factor.variable: factor.option for factor in leag.factors}
    assert by_option["personality_disorder"] == by_option["schizophrenia"] == "diagnoses"


def test_themes_of_2023_have_their_two_parts_and_headings_as_printed():
    path = places.project() / "data_dictionary" / "birth_companions_2023" / "themes.yaml"
    themes = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert [len(part["subthemes"]) for part in themes["themes"]] == [6, 5]
    assert [part["label"] for part in themes["themes"]] == [
        "How children's social care involvement impacted women's mental and physical health "
        "during pregnancy and the postnatal period",
        "Women's thoughts on how services need to be able to respond to women in these situations",
    ]
    labels = [one["label"] for part in themes["themes"] for one in part["subthemes"]]
    assert labels == [
        "The impact of children's social care involvement on women's mental health and wellbeing",
        "Knowing what is happening, and what is going to happen",
        "Past experiences of social care",
        "The prevalence of domestic abuse",
        "Issues accessing mental health support",
        "The value of midwifery support and other health professionals",
        "The need for specialist services",
        "The need for sustained support",
        "Focusing on access and helping women engage",
        "The value of the voluntary sector, peer support and group sessions",
        "The need for a range of flexible services",
    ]
    assert "professionals spoke" in themes["note"]


def test_no_deck_asks_for_an_odds_ratio_or_says_study_jargon(number, monkeypatch):
    texts = [(*one.seen, one.alt, *one.notes) for one in deck(number, monkeypatch).slides]
    said = " ".join(text for of_slide in texts for text in of_slide)
    for word in ("odds", "p =", "HSSI", "LSSI", "timepoint", "cohort", "CTQ", "ctq", "_t1"):
        assert not re.search(rf"\b{re.escape(word)}\b", said), word
