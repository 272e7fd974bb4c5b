"""Feedback and lock: the rehearsal is read for made-up rows only; a real folder in its place."""

import shutil
from dataclasses import replace

import pytest
from openpyxl import load_workbook

from mothers_margins.errors import UsageError
from mothers_margins.slides.deck import deck_of
from mothers_margins.slides.feedback import COLUMNS, FOLDER, OPEN, given
from mothers_margins.slides.run_sheet import feedback_workbook, run_sheet
from mothers_margins.study.analysis_plan import Lock
from mothers_margins.study.read_study import read_study
from tests.slides.made_decks import cells

ROW = "1,A topic,word,Say it plainly,room,5,0,1,Done,It is plain,2022-02-01"


@pytest.fixture(autouse=True)
def no_folder(monkeypatch):
    monkeypatch.delenv(FOLDER, raising=False)


@pytest.fixture(scope="module")
def study():
    return read_study("esmi")


def test_a_rehearsal_has_a_lock_and_topics_that_say_they_are_examples(study):
    found = given(study, made_up=True)
    assert found.rehearsal
    assert found.lock is not None
    assert "invented" in found.lock.agreed_with
    assert all(topic.topic.startswith("Example") for topic in found.topics)
    assert {topic.meeting for topic in found.before(3)} == {1, 2}


def test_the_rehearsal_is_never_read_for_real_rows(study, tmp_path, monkeypatch):
    found = given(study, made_up=False)
    assert (found.topics, found.lock, found.contacts, found.rehearsal) == ((), None, (), False)
    # negative control: even an unreadable rehearsal does not matter to real rows
    broken = replace(study, folder=tmp_path)
    (tmp_path / "rehearsal").mkdir()
    (tmp_path / "rehearsal" / "lock.yaml").write_text("[")
    (tmp_path / "rehearsal" / "meeting_1.csv").write_text("x\n1\n")
    assert given(broken, made_up=False).lock is None
    with pytest.raises(UsageError):
        given(broken, made_up=True)


def test_real_rows_have_the_lock_of_the_study(study):
    lock = Lock(locked_on="2022-02-01", agreed_with="the group", model="protocol", terms={"a": ()})
    locked = replace(study, file=study.file.model_copy(update={"lock": lock}))
    assert given(locked, made_up=False).lock == lock


def test_a_folder_of_feedback_is_read(study, tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    (tmp_path / "meeting_1.csv").write_text(f"{','.join(COLUMNS)}\n{ROW}\n", encoding="utf-8")
    (tmp_path / "contacts.txt").write_text("Call us on weekdays\n\n", encoding="utf-8")
    found = given(study, made_up=False)
    assert [topic.answer for topic in found.topics] == ["Done. It is plain"]
    assert found.contacts == ("Call us on weekdays",)


def test_what_has_no_decision_is_still_open(study, tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    row = ROW.replace("Done,It is plain,2022-02-01", ",,")
    (tmp_path / "meeting_1.csv").write_text(f"{','.join(COLUMNS)}\n{row}\n", encoding="utf-8")
    assert given(study, made_up=False).topics[0].answer == OPEN


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("how", "name", "the columns must be meeting, topic"),
        (",word,", ",story,", "line 2: kind must be one of"),
        (",room,", ",Anna,", "line 2: how must be one of room, chat, call, written"),
        ("\n1,", "\none,", "line 2: meeting must be a number"),
    ],
)
def test_what_cannot_be_feedback_is_refused_without_its_text(
    study, tmp_path, monkeypatch, old, new, said
):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    text = f"{','.join(COLUMNS)}\n{ROW}\n"
    assert old in text
    (tmp_path / "meeting_1.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        given(study, made_up=False)
    assert said in str(raised.value)
    assert "Anna" not in str(raised.value)


def test_the_workbook_has_the_columns_and_is_read_when_filled_in(study, tmp_path, monkeypatch):
    deck = deck_of(cells())
    file = feedback_workbook(deck)
    assert file == feedback_workbook(deck)
    path = tmp_path / "meeting_2.xlsx"
    path.write_bytes(file)
    book = load_workbook(path)
    assert [cell.value for cell in book.worksheets[0][1]] == list(COLUMNS)
    assert not book.properties.creator
    book.worksheets[0].append(ROW.replace("1,A", "2,A", 1).split(","))
    book.save(path)
    book.close()
    monkeypatch.setenv(FOLDER, str(tmp_path))
    assert [topic.said for topic in given(study, made_up=False).topics] == ["Say it plainly"]
    shutil.rmtree(tmp_path)


def test_the_run_sheet_adds_up_to_90_minutes():
    text = run_sheet(deck_of(cells()))
    assert "<td>0 to 10</td>" in text
    assert "<td>80 to 90</td>" in text
    assert "52 minutes are for talk" in text
