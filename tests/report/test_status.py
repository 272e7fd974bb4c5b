"""A final report is refused without what it needs, and says what has changed since its draft."""

import json

import pytest

from mothers_margins.errors import UsageError
from mothers_margins.report.final_report import final_report
from mothers_margins.report.status import DRAFT, RECORD
from tests.report.small_report import Small


def lacking(released) -> tuple[str, ...]:
    with pytest.raises(UsageError, match="cannot be final yet") as caught:
        final_report(released, "final")
    return caught.value.problems


def test_it_is_refused_with_all_that_it_lacks(tmp_path, monkeypatch):
    small = Small(tmp_path, monkeypatch, locked=False)
    small.change("facts.yaml", "checked: true, ", "")
    assert lacking(small.released(restricted=True)) == (
        "the list of explanatory variables is not locked (lock in study.yaml)",
        "nothing is written down of meeting 2 (meeting_2.csv)",
        "facts not compared with their sources (facts.yaml): towns",
        "there is no draft.json: the report.json of the draft, so that what changed can be listed",
    )


def test_feedback_of_an_earlier_meeting_is_not_that_of_the_last(small):
    small.say(1)
    (small.feedback / DRAFT).write_text("{}", encoding="utf-8")
    assert lacking(small.released(restricted=True)) == (
        "nothing is written down of meeting 2 (meeting_2.csv)",
    )


def test_a_topic_without_a_decision_keeps_it_open(small):
    small.say(2, decision="")
    (small.feedback / DRAFT).write_text("{}", encoding="utf-8")
    assert lacking(small.released(restricted=True)) == ("topics without a decision: 1",)


def test_with_lock_feedback_and_draft_it_is_final_and_lists_what_changed(small):
    released = small.released(restricted=True)
    draft = final_report(released)
    assert draft.front.mark == "DRAFT. Not for circulation."
    small.say(2)
    (small.feedback / DRAFT).write_bytes(draft.files(("html",))[RECORD])
    small.change("10_findings.md", "on average", "on the average")
    final = final_report(small.released(restricted=True), "final")
    assert (final.front.title, final.front.subtitle, final.front.mark) == (
        "Sixty people and what they do",
        "Final report",
        "",
    )
    assert ("Author", "Ada Example") in final.front.lines
    changed = final.exhibit("changed")
    listed = [(row.label, row.cells[0].pattern) for row in changed.sections[0].rows]
    assert listed == [
        ("10_findings.md", "its text was changed"),
        ("leag", "table: 1 of 1 rows differ"),
    ]
    record = json.loads(final.files(("html",))[RECORD])
    assert record["status"] == "final"


def test_a_record_that_is_none_is_refused(small):
    small.say(2)
    (small.feedback / DRAFT).write_text("[1]", encoding="utf-8")
    with pytest.raises(UsageError, match=r"draft\.json is no report\.json"):
        final_report(small.released(restricted=True), "final")


def test_a_status_is_draft_or_final(small):
    with pytest.raises(UsageError, match="draft, final"):
        final_report(small.released(), "almost")


def test_a_rehearsal_names_nobody_and_says_so_on_every_page(small):
    report = final_report(small.released())
    assert report.front.title == "Rehearsal on made-up data"
    assert "Ada Example" not in report.html().decode()
    assert report.front.mark in report.html().decode()
