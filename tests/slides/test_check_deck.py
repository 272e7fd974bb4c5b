"""Every fault that keeps a deck from being used is planted once and found; a whole one has none."""

from dataclasses import replace

import pytest

import mothers_margins as mm
from mothers_margins.slides.check_deck import PLACEHOLDER, check_deck, hardness, unsaid
from mothers_margins.slides.deck import Deck
from mothers_margins.slides.slide import Picture, Slide
from tests.slides.by_hand import FACT, a_deck, finding

AGREED = Slide("list", "The list we agreed", ("Agreed.",), notes=("Ask.",))
ALT = "Grid of 100 figures. 36 of 100 mothers had social care involved."
IN_ALT = ("of 100 figures", "36 of 100 mothers had social care involved")
PICTURE = Picture("", "", ALT, 11.8, 4.5)


def changed(place: int, **change) -> Deck:
    """A whole deck with one slide changed."""
    made = a_deck(finding())
    slides = list(made.slides)
    slides[place] = replace(slides[place], **change)
    return replace(made, slides=tuple(slides))


def test_a_whole_deck_has_no_fault():
    assert check_deck(a_deck(finding(), AGREED, finding("By factor", by_factor=True)))
    assert check_deck(a_deck(finding(picture=PICTURE, says=(FACT, *IN_ALT))))


@pytest.mark.parametrize(
    "where",
    [
        {"lines": ("7 of 279 mothers.",)},
        {"notes": ("Pause. 7 of them.",)},
        {"remember": "It is 7."},
    ],
)
def test_a_number_that_was_not_released_stops_the_deck(where):
    with pytest.raises(mm.DisclosureError, match="7"):
        check_deck(a_deck(finding(**where)))


def test_a_number_in_an_alt_text_counts_too():
    wrong = replace(PICTURE, alt=ALT.replace("36", "37"))
    with pytest.raises(mm.DisclosureError, match=r"alt text .* says 37"):
        check_deck(a_deck(finding(picture=wrong, says=(FACT, *IN_ALT))))


def test_a_number_counts_only_where_its_own_fact_says_it():
    one = finding(
        "One", lines=("41 in 100 mothers had help.",), says=("41 in 100 mothers had help",)
    )
    other = finding("Other", lines=("26 in 100 had none.",), says=("26 in 100 had none",))
    assert check_deck(a_deck(one, other))
    taken_from_the_other = replace(one, lines=("26 in 100 mothers had help.",))
    with pytest.raises(mm.DisclosureError, match="slide 3: 'One' says 26"):
        check_deck(a_deck(taken_from_the_other, other))
    both = ("41 in 100 mothers had help", "26 in 100 had none")
    exchanged = replace(one, lines=("26 in 100 mothers had help.",), says=both)
    with pytest.raises(mm.DisclosureError, match="says 26"):
        check_deck(a_deck(exchanged))
    in_notes = replace(other, notes=("Pause. 41 in 100 mothers had help.",))
    with pytest.raises(mm.DisclosureError, match="slide 4: the notes of 'Other' says 41"):
        check_deck(a_deck(one, in_notes))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("36 in 100 mothers", []),
        ("136 in 100 mothers", ["136", "100"]),  # no fact within a longer number
        ("36 in 1000 mothers", ["36", "1000"]),
        ("37 in 100 mothers", ["37", "100"]),
        ("36 in 100 women", ["36", "100"]),
    ],
)
def test_numbers_that_stand_in_no_fact(text, left):
    assert unsaid(text, ("36 in 100",) if "mothers" in text else ("36 in 100 mothers",)) == left


def test_a_number_that_people_may_write_is_none_for_a_slide_of_released_numbers():
    with pytest.raises(mm.DisclosureError, match="says 5"):
        check_deck(a_deck(finding(lines=("36 in 100 mothers. 5 of them.",)), allowed=("5",)))


def test_a_number_in_what_a_person_writes_needs_the_list_of_the_group():
    talk = Slide("prompt", "Talk", ("18 mothers said it.",), notes=("Wait.",))
    with pytest.raises(mm.DisclosureError, match="18"):
        check_deck(a_deck(talk))
    assert check_deck(a_deck(talk, allowed=("18",)))


def test_a_finding_by_factor_before_the_list_stops_the_deck():
    by_factor = finding("By factor", by_factor=True)
    with pytest.raises(mm.DisclosureError, match="before the list"):
        check_deck(a_deck(by_factor, AGREED))
    with pytest.raises(mm.DisclosureError, match="before the list"):
        check_deck(a_deck(by_factor))
    with pytest.raises(mm.DisclosureError, match="before the list"):
        check_deck(a_deck(AGREED, by_factor, locked=False))


@pytest.mark.parametrize(
    ("deck", "fault"),
    [
        (changed(2, picture=replace(PICTURE, alt="")), "alt text has 0"),
        (changed(2, picture=replace(PICTURE, alt="A picture in chart_one.png")), "names a file"),
        (changed(2, picture=replace(PICTURE, alt=PLACEHOLDER)), "placeholder"),
        (changed(2, title=""), "its title has 0"),
        (changed(2, title="x" * 49), "its title has 49"),
        (changed(2, title="Before we start"), "stands 2 times"),
        (changed(2, lines=("a",) * 7), "7 lines"),
        (changed(2, notes=()), "has no notes"),
        (changed(2, remember=""), "no sentence to remember"),
        (changed(2, notes=("Go on.",)), "no pause"),
        (changed(1, title="Rules"), "slide 2 must be"),
        (changed(2, lines=("They were cases of it.",)), "'cases' is not said here"),
        (changed(2, lines=("“They never asked what I needed.”",)), "a quotation"),
        (changed(2, notes=("Pause. " + "word " * 21 + ".",)), "a sentence of 21 words"),
        (changed(2, minutes=4), "the meeting takes 91"),
        (changed(1, minutes=4), "'Before we start' takes 4"),
        (a_deck(missing=("To fill in: who to call",)), "To fill in"),
    ],
)  # fmt: skip
def test_every_fault_is_found(deck, fault):
    deck = replace(deck, meant=replace(deck.meant, banned={"cases": "mothers"}))
    with pytest.raises(mm.UsageError, match=fault):
        check_deck(deck)


def test_little_talk_is_a_fault():
    findings = [finding(f"Finding {place}", minutes=7) for place in "abcde"]
    with pytest.raises(mm.UsageError, match="talk takes 20"):
        check_deck(a_deck(*findings))


def test_hard_words_are_a_fault_unless_the_list_of_known_words_has_them():
    hard = ("Participants experienced multidimensional deprivation.",) * 6
    deck = changed(2, lines=hard)
    with pytest.raises(mm.UsageError, match="SMOG"):
        check_deck(deck)
    known = ("participants", "experienced", "multidimensional", "deprivation")
    easier = replace(deck, meant=replace(deck.meant, study_words=known))
    assert hardness(easier) < hardness(deck)
    assert check_deck(easier)


def test_optional_slides_that_stand_apart_are_a_fault():
    made = changed(2, part="optional")
    slides = list(made.slides)
    slides[4] = replace(slides[4], part="optional")
    with pytest.raises(mm.UsageError, match="do not stand together"):
        check_deck(replace(made, slides=tuple(slides)))
