"""What lies beside a release: feedback, quotes, contacts; and the two tables for the report."""

from dataclasses import replace

import pytest

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.slides import feedback
from mothers_margins.slides.check_deck import check_deck
from mothers_margins.slides.deck import deck_of
from mothers_margins.slides.feedback import COLUMNS, FOLDER, given
from mothers_margins.slides.involvement import gripp2_rows, topic_rows
from mothers_margins.slides.slide import Slide
from tests.slides.by_hand import a_deck, cells_of, executed, released

SAID = "They listened, and that was all I needed"
QUOTES = "meeting,quote,source,permission\n"
GOOD = f'1,"{SAID}",Interview study,"yes, in writing, 2022-01-10"\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    (tmp_path / "contacts.txt").write_text("Call 020 7946 0018 on weekdays\n", encoding="utf-8")
    return tmp_path


def write(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")


def deck(number, monkeypatch, rows_are="restricted"):
    return deck_of(executed(cells_of(number), released(rows_are=rows_are), monkeypatch))


# ---- quotes


def test_a_quote_with_source_and_permission_is_a_slide(folder, monkeypatch):
    write(folder, "quotes.csv", QUOTES + GOOD)
    made = check_deck(deck(1, monkeypatch))
    (slide,) = [one for one in made.slides if one.title == "In women's own words"]
    assert slide.lines == (f"“{SAID}” (Interview study)",)
    assert not [one for one in deck(2, monkeypatch).slides if one.title == slide.title]


def test_without_quotes_there_is_no_such_slide(folder, monkeypatch):
    assert "In women's own words" not in [one.title for one in deck(1, monkeypatch).slides]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (QUOTES + f'1,"{SAID}",Interview study,\n', "line 2: there is no permission"),
        (QUOTES + f'1,"{SAID}",Interview study,no\n', "line 2: there is no permission"),
        (QUOTES + f'1,"{SAID}",,yes\n', "line 2: quote and source must be filled in"),
        (QUOTES + f'one,"{SAID}",Interview study,yes\n', "line 2: meeting must be a number"),
        # a column that could name a participant
        ("dyad_id,meeting,quote,source,permission\nS1,1,a,b,yes\n", "and no other"),
    ],
)
def test_other_quotes_are_refused_and_their_text_is_not_repeated(folder, text, fault):
    write(folder, "quotes.csv", text)
    with pytest.raises(mm.UsageError, match=fault) as refused:
        given(mm.read_study("esmi"), made_up=False)
    assert SAID not in str(refused.value)


def test_a_rehearsal_has_no_quote(folder, monkeypatch):
    write(folder, "quotes.csv", QUOTES + GOOD)
    assert given(mm.read_study("esmi"), made_up=True).quotes == ()
    assert SAID not in repr(deck(1, monkeypatch, rows_are="synthetic"))
    assert not list((mm.read_study("esmi").folder / feedback.REHEARSAL).glob("quotes*"))


def test_a_quotation_that_is_in_no_file_stops_the_deck():
    line = f"“{SAID}” (Interview study)"
    quoting = Slide("words", "A quotation", (line,), notes=("Read it.",))
    with pytest.raises(mm.UsageError, match="needs a source and permission"):
        check_deck(a_deck(quoting))
    assert check_deck(a_deck(quoting, quotes=(line,)))


def test_the_folder_lies_outside_the_project(monkeypatch):
    monkeypatch.setenv(FOLDER, str(places.project() / "docs"))
    with pytest.raises(mm.UsageError, match="inside the project"):
        given(mm.read_study("esmi"), made_up=False)


# ---- feedback


def test_a_telephone_number_may_stand_on_the_last_slide_only(folder, monkeypatch):
    made = check_deck(deck(1, monkeypatch))
    assert "Call 020 7946 0018 on weekdays" in made.shown[-1].lines
    slides = list(made.slides)
    slides[2] = replace(slides[2], lines=("Call 7946",))
    with pytest.raises(mm.DisclosureError, match="7946"):
        check_deck(replace(made, slides=tuple(slides)))


def test_feedback_makes_you_said_we_did(folder, monkeypatch):
    rows = [
        "1,Housing,variable,Look at housing,chat,5,0,1,Done,The data hold it,2022-02-01",
        "1,Hours,process,Meet for less time,call,3,2,1,,,",
    ]
    write(folder, "meeting_1.csv", "\n".join([",".join(COLUMNS), *rows]))
    slide = mm.leag_meeting(released(rows_are="restricted"), 2).you_said()
    assert slide.table[1:] == (
        ("Look at housing", "Done. The data hold it"),
        ("Meet for less time", "Still open"),
    )
    assert not any("Example" in line for line in slide.lines)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("x,a,word,b,chat,1,0,0,,,", "meeting must be a number"),
        ("1,a,wish,b,chat,1,0,0,,,", "kind must be one of"),
        ("1,a,word,b,mail,1,0,0,,,", "how must be one of"),
        ("1,a,word,b,chat,1,0,0,Done,,soon", "decided_on must be a day"),
    ],
)
def test_a_form_that_is_filled_in_wrongly_is_refused(folder, row, fault):
    write(folder, "meeting_1.csv", f"{','.join(COLUMNS)}\n{row}\n")
    with pytest.raises(mm.UsageError, match=fault):
        given(mm.read_study("esmi"), made_up=False)


# ---- tables for the report


@pytest.fixture
def rehearsed(monkeypatch):
    monkeypatch.delenv(FOLDER, raising=False)
    return mm.leag_meeting(released(), 4)


def test_the_involvement_table_has_a_row_for_each_topic_and_what_became_of_it(rehearsed):
    table = rehearsed.involvement()
    frame = table.to_frame()
    assert len(frame) == len(rehearsed.given.topics) == 8
    texts = topic_rows(rehearsed.given)
    assert texts[0] == (
        "Look at help with health too",
        "1",
        "a factor",
        "in the room",
        "Done (February 2022)",
        "The data hold it as a need",
    )
    assert texts[3][4:] == ("Still open", "")
    said = repr(table)
    assert "Example, not said by anyone" in said
    assert "SYNTHETIC DATA" in said


def test_the_five_items_of_gripp2_are_filled_from_what_was_written_down(rehearsed):
    rows = dict(gripp2_rows(rehearsed.leag, rehearsed.given))
    assert [name[0] for name in rows] == ["1", "2", "3", "4", "5"]
    # counted by hand in data_dictionary/esmi/rehearsal
    assert rows["3 Results of the involvement"] == (
        "Of 8 topics 5 were done, 1 not done, 2 are still open."
    )
    assert "in the room 3, in chat 2, in a call 1, in writing 2" in rows["2 Methods"]
    assert "Meet for one hour only: still open." in rows["5 Reflections"]
    assert "Meet for one hour only" not in rows["4 What it changed in the study"]
    assert len(rehearsed.gripp2().to_frame()) == 5


def test_both_tables_lie_beside_the_last_deck_only(monkeypatch):
    monkeypatch.delenv(FOLDER, raising=False)
    about = {number: deck(number, monkeypatch, "synthetic").meant for number in (3, 4)}
    assert (about[3].involvement, about[3].gripp2) == ((), ())
    assert (len(about[4].involvement), len(about[4].gripp2)) == (8, 5)


def test_without_feedback_the_tables_say_so(folder):
    meeting = mm.leag_meeting(released(rows_are="restricted"), 4)
    assert "Nothing has been written down yet." in repr(meeting.involvement())
    assert "Of 0 topics" in repr(meeting.gripp2())
    assert "Example" not in repr(meeting.involvement())
