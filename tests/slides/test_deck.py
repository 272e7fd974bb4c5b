"""The slides of an executed notebook, in order; nothing else of it reaches a deck."""

import pytest

import mothers_margins as mm
from mothers_margins.slides.deck import deck_of, talk_minutes
from mothers_margins.slides.slide import Slide, slide_of
from tests.slides.by_hand import a_deck, closing, code, finding, opening, words


def test_a_slide_survives_its_json():
    one = finding(table=(("a", "b"), ("c", "d")), by_factor=True)
    assert slide_of(one.to_json()) == one
    with pytest.raises(mm.UsageError):
        slide_of({"kind": "finding"})


def test_words_tables_and_notes_come_from_markdown():
    made = deck_of(
        [
            *opening(),
            words("# Words\n\n- one\n- two\n\n| A | B |\n|---|---|\n| c | d |"),
            words("Say this.\n\nThen\nthat.", "notes"),
            *closing(),
        ]
    )
    one = made.slides[2]
    assert (one.title, one.lines, one.table) == ("Words", ("one", "two"), (("A", "B"), ("c", "d")))
    assert one.notes == ("Say this.", "Then that.")


def test_empty_rows_of_a_table_are_kept_to_be_filled_in():
    made = deck_of([*opening(), words("# Tell\n\n| A | B |\n|---|:-:|\n| | |\n| | |"), *closing()])
    assert made.slides[2].table == (("A", "B"), ("", ""), ("", ""))


def test_prints_warnings_tracebacks_and_plain_cells_are_passed_over():
    planted = {
        "cell_type": "code",
        "source": "print(rows)",
        "metadata": {},
        "outputs": [
            {"output_type": "stream", "name": "stdout", "text": "row 17: planted"},
            {"output_type": "stream", "name": "stderr", "text": "UserWarning: planted"},
            {"output_type": "error", "ename": "KeyError", "traceback": ["planted"]},
            {
                "output_type": "display_data",
                "data": {"text/plain": "planted", "text/html": "planted"},
            },
        ],
    }
    plain = {"cell_type": "markdown", "source": "planted", "metadata": {}}
    cells = [*opening(), planted, plain, *closing()]
    made = deck_of(cells)
    assert made == a_deck()
    assert "planted" not in repr(made)


def test_a_notebook_without_an_opening_is_no_deck():
    with pytest.raises(mm.UsageError, match="opens none"):
        deck_of([words("# Hello"), *closing()])


def test_an_optional_slide_is_shown_only_where_it_is_on():
    optional = code(finding("Babies", part="optional", option="most_serious"))
    cells = [optional, words("# Talk\n\nSay it.", tags=("talk", "option:labels"))]
    off = deck_of([*opening(), *cells, *closing()])
    assert off == a_deck()
    on = deck_of([*opening(options=("most_serious",)), *cells, *closing()])
    assert [one.title for one in on.slides][-2:] == ["Babies", "How are you leaving?"]
    assert on.slides[-2].part == "optional"


def test_slides_beyond_nine_go_to_the_reserve_at_the_end_the_later_ones_first():
    made = a_deck(*(finding(f"Finding {place}") for place in range(11)))
    assert [one.title for one in made.slides if one.part == "reserve"] == [
        "Finding 9",
        "Finding 10",
    ]
    assert [one.part for one in made.slides[-2:]] == ["reserve", "reserve"]
    assert sum(one.is_content for one in made.shown) == 9


def test_numbers_beyond_twelve_go_to_the_reserve():
    made = a_deck(*(finding(f"Finding {place}", counted=5) for place in range(3)))
    assert [one.title for one in made.slides if one.part == "reserve"] == ["Finding 2"]


def test_the_time_that_is_left_is_talk_and_the_whole_is_ninety_minutes():
    made = a_deck(finding())
    assert sum(one.minutes for one in made.shown) == 90
    assert talk_minutes(made) == 90 - 10 - 5 - 10 - 10 - 3


def test_without_a_list_the_deck_ends_where_it_says_so():
    gate = Slide("list", "The list we agreed", ("Not yet.",), notes=("Say so.",), gate=True)
    made = a_deck(gate, finding("After the list", by_factor=True))
    assert [one.title for one in made.slides][2:] == ["The list we agreed", "How are you leaving?"]
