"""Every check of a deck, with a fault planted for each."""

import pytest

from mothers_margins.errors import DisclosureError, UsageError
from mothers_margins.slides.check_deck import check_deck, hardness
from mothers_margins.slides.deck import deck_of
from tests.slides.made_decks import (
    BEFORE,
    CLOSING,
    FOUND,
    LIST,
    MEANT,
    TALK,
    TITLE,
    altered,
    cells,
    code,
)

PICTURE = FOUND.picture
assert PICTURE is not None


def test_a_good_deck_passes():
    deck = deck_of(cells())
    assert check_deck(deck) is deck
    assert hardness(deck) <= 9


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (altered(FOUND, remember="7 of 279 mothers."), "'Who the numbers are about' says 7"),
        (altered(FOUND, notes=("7 of 279.", "Pause.")), "the notes of 'Who"),
        (altered(FOUND, notes=("One. 1 mother of 279.", "Pause.")), "says 279"),
        (
            altered(FOUND, picture=altered(PICTURE, alt="A grid of 100 figures: 37 of 100.")),
            "the alt text of 'Who the numbers are about' says 37",
        ),
        (altered(TALK, title="Talk: 7 of 279"), "says 279"),
        (altered(TITLE, meant=altered(MEANT, locked=False)), "before the list was agreed"),
    ],
)
def test_what_was_not_released_is_refused(changed, said):
    with pytest.raises(DisclosureError) as raised:
        check_deck(deck_of(cells(changed)))
    assert said in str(raised.value)


def test_a_finding_before_the_list_is_refused():
    given = cells()
    given[2], given[3] = given[3], given[2]
    with pytest.raises(DisclosureError, match="not released"):
        check_deck(deck_of(given))


HARD = "Maternal characteristics associated with statutory safeguarding intervention."
LONG = f"{' '.join(['and'] * 21)}."


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (altered(FOUND, picture=altered(PICTURE, alt="")), "its alt text has 0 characters"),
        (
            altered(FOUND, picture=altered(PICTURE, alt="The picture is chart.png")),
            "names a file",
        ),
        (
            altered(
                FOUND,
                picture=altered(PICTURE, alt="No description has been provided for this image"),
            ),
            "placeholder",
        ),
        (altered(FOUND, title="A title that is far too long to stand on one line of it"), "title"),
        (altered(FOUND, title=TALK.title), "stands 2 times"),
        (altered(FOUND, remember=""), "no sentence to remember"),
        (altered(FOUND, notes=("99 of 278.",)), "has no pause"),
        (altered(TALK, notes=()), "has no notes"),
        (altered(TALK, lines=("A sample.",)), "say: mothers in the study"),
        (altered(TALK, notes=("The Sample.",)), "'sample' is not said here"),
        (altered(TALK, lines=("“I felt that nobody listened.”",)), "a quotation"),
        (altered(TALK, lines=(LONG,)), "a sentence of 21 words"),
        (altered(TALK, lines=(HARD,) * 6), "reads at SMOG"),
        (altered(TALK, lines=("One.",) * 7), "7 lines, more than 6"),
        (altered(BEFORE, title="Rules"), "slide 2 must be 'Before we start'"),
        (altered(TITLE, minutes=5), "'title' takes 5 minutes; it has 10"),
        (altered(TALK, minutes=60), "the meeting takes 98 minutes"),
        (altered(TALK, kind="words"), "talk takes 0 of 55 minutes"),
        (
            altered(TITLE, meant=altered(MEANT, missing=("To fill in: who to call",))),
            "To fill in: who to call",
        ),
    ],
)
def test_every_other_fault_is_found(changed, said):
    of_kind = {"title": 0, "finding": 3, "prompt": 4}
    of_title = {TALK.title: 4}  # the one that is made into words
    place = of_kind.get(changed.kind, of_title.get(changed.title, 1))
    given = cells()
    given[place] = code(changed)
    with pytest.raises(UsageError) as raised:
        check_deck(deck_of(given))
    assert said in str(raised.value)


def test_all_faults_are_listed_at_once():
    given = cells(altered(TALK, notes=(), lines=("A sample.",)))
    with pytest.raises(UsageError) as raised:
        check_deck(deck_of(given))
    assert len(raised.value.problems) == 2


def test_a_deck_that_ends_at_the_list_may_be_shorter():
    deck = deck_of(cells(altered(LIST, gate=True)))
    assert check_deck(deck).slides[-1].kind == CLOSING.kind
