"""A deck holds the slides of a notebook and their notes, nothing else, within the limits."""

import json

import pytest

from mothers_margins.errors import UsageError
from mothers_margins.slides.deck import deck_of, talk_minutes
from mothers_margins.slides.slide import MIME, Slide, slide_of
from tests.slides.made_decks import (
    ALL,
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
    markdown,
)


def test_a_slide_survives_json():
    for one in ALL:
        written = json.loads(json.dumps(one._repr_mimebundle_()[MIME]))
        assert slide_of(written) == one


def test_what_is_no_slide_is_refused():
    with pytest.raises(UsageError, match="not as this program writes it"):
        slide_of({"kind": "finding"})


def test_prints_warnings_and_tracebacks_reach_no_slide():
    planted = [
        {"output_type": "stream", "name": "stdout", "text": "PLANTED print"},
        {"output_type": "stream", "name": "stderr", "text": "PLANTED warning"},
        {"output_type": "error", "ename": "E", "evalue": "PLANTED", "traceback": ["PLANTED"]},
        {"output_type": "execute_result", "data": {"text/plain": "PLANTED"}, "metadata": {}},
    ]
    given = cells()
    given[3] = code(FOUND, more=planted)
    given.insert(2, markdown("PLANTED words of the notebook"))
    deck = deck_of(given)
    assert deck.slides == deck_of(cells()).slides
    assert "PLANTED" not in repr(deck)


def test_words_notes_and_tags_come_from_markdown():
    given = [
        code(TITLE),
        code(BEFORE),
        markdown("# A title\n\n- One\n- Two", "slide", "minutes:7", "talk"),
        markdown("Say this.\n\nThen\nthat.", "notes"),
        markdown("# Two columns\n\n| A | B |\n|---|---|\n| c | |", "slide"),
        code(CLOSING),
    ]
    words, table = deck_of(given).slides[2:4]
    assert (words.kind, words.title, words.lines) == ("prompt", "A title", ("One", "Two"))
    assert words.notes == ("Say this.", "Then that.")
    assert table.table == (("A", "B"), ("c", ""))


def test_notes_go_to_a_slide_of_a_code_cell_too():
    given = [code(TITLE), markdown("Say hello.", "notes"), code(CLOSING)]
    assert deck_of(given).slides[0].notes == ("Welcome.", "Say hello.")


def test_a_notebook_without_an_opening_is_no_deck():
    with pytest.raises(UsageError, match="opens none"):
        deck_of([code(BEFORE), code(TITLE)])


def test_findings_beyond_12_numbers_go_to_the_reserve_after_the_closing():
    many = [altered(FOUND, title=f"Finding {n}", picture=None, counted=5) for n in "abc"]
    deck = deck_of([code(TITLE), code(BEFORE), code(LIST), code(*many), code(TALK), code(CLOSING)])
    assert [one.title for one in deck.slides if one.part == "reserve"] == ["Finding c"]
    assert deck.slides[-1].title == "Finding c"
    assert deck.shown[-1].kind == "closing"


def test_a_fourth_chart_goes_to_the_reserve():
    many = [altered(FOUND, title=f"Finding {n}") for n in "abcd"]
    deck = deck_of([code(TITLE), code(BEFORE), code(LIST), code(*many), code(TALK), code(CLOSING)])
    assert [one.title for one in deck.slides if one.part == "reserve"] == ["Finding d"]


def test_without_a_list_the_deck_ends_at_its_slide():
    gate = altered(LIST, gate=True)
    assert [one.kind for one in deck_of(cells(gate)).slides] == [
        "title",
        "words",
        "list",
        "closing",
    ]


def test_a_slide_of_an_option_is_shown_only_with_it():
    given = cells()
    given.insert(4, markdown("# Words about mothers\n\n- One", "slide", "option:labels"))
    assert "Words about mothers" not in [one.title for one in deck_of(given).slides]
    given[0] = code(altered(TITLE, meant=altered(MEANT, options=("labels",))))
    titles = [one.title for one in deck_of(given).slides]
    assert titles[-2:] == ["Words about mothers", CLOSING.title]


def test_what_is_left_of_90_minutes_goes_to_the_talk():
    # 10 + 5 + 0 + 3 + 28 + 10 + 10 = 66, so 24 are left
    deck = deck_of(cells())
    assert talk_minutes(deck) == 28 + 24
    assert sum(one.minutes for one in deck.shown) == 90


def test_a_preview_shows_the_slide_and_its_notes():
    html = FOUND._repr_mimebundle_()["text/html"]
    assert isinstance(html, str)
    assert FOUND.title in html
    assert f'alt="{FOUND.alt}"' in html
    assert "99 of 278" in html
    assert "&lt;b&gt;" in Slide("words", "<b>")._preview()
