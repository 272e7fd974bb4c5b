"""The analyst's index: by question, with what failed and what is out of date; no number of the
data.
"""

import re
from html import unescape

import pytest

import mothers_margins as mm
from mothers_margins.batch.cache_key import PARTS
from mothers_margins.batch.failure import Failure
from mothers_margins.batch.index_page import write_index
from mothers_margins.batch.manifest import Record, Rows

COUNT = 4711  # planted where a count of the data could come from
SYNTHETIC = Rows("SYNTHETIC DATA", "synthetic", COUNT, f"{COUNT}abc")
RESTRICTED = Rows("RESTRICTED DATA: for the research team only", "restricted", COUNT, f"{COUNT}abc")
KEY = dict.fromkeys(PARTS, "0")
QUESTION = "Who has no answers?"


def record(name: str, title: str, *, study: str = "esmi", rows: Rows = SYNTHETIC, **more) -> Record:
    usual = {
        "question": QUESTION,
        "status": "done",
        "parameters": {"n": COUNT},
        "key": KEY,
        "commit": {},
        "seconds": 1.0,
        "outputs": {f"internal/{study}/{name}.csv": f"{COUNT}abc"},
    }
    return Record(name=name, title=title, studies=(study,), data={study: rows}, **usual | more)


def index(folder, *entries: Record, current: tuple[str, ...] = (), finished: bool = True) -> str:
    return write_index(folder, entries, current, finished=finished).read_text(encoding="utf-8")


def body(page: str) -> str:
    return unescape(page.split("</style>")[-1])


def links(page: str) -> list[str]:
    return re.findall(r"<a [^>]*>(.*?)</a>", page)


FAILED = Failure("3", 5, 3, "Who is there?", "ValueError", f"saw {COUNT}", f"line {COUNT}", 1)


@pytest.mark.parametrize("rows", [SYNTHETIC, RESTRICTED])
def test_no_number_of_the_data_is_on_it(tmp_path, rows):
    """Planted as a number of rows, fingerprint, parameter, hash and message of a failure. The same
    search finds it where it is written into a question.
    """
    entries = [
        record("03_a", "A", rows=rows),
        record("04_b", "B", rows=rows, status="failed", failure=FAILED),
    ]
    page = body(index(tmp_path, *entries, current=("03_a",)))
    assert str(COUNT) not in page
    assert "in cell 5, under “Who is there?”" in page
    leaking = record("05_c", "C", rows=rows, question=f"Why {COUNT}?")
    assert str(COUNT) in body(index(tmp_path, *entries, leaking))


def test_restricted_rows_make_it_internal(tmp_path):
    page = body(index(tmp_path, record("03_a", "A", rows=RESTRICTED)))
    assert "INTERNAL: for the research team only" in page
    assert "--data FILE --out DIR" in page
    assert "--demo" not in page
    assert "INTERNAL" not in body(index(tmp_path, record("03_a", "A")))


def test_pages_stand_under_their_question_and_it_has_one_command(tmp_path):
    entries = [
        record("03_d_t1", "Missing? Timepoint 1"),
        record("03_d_t2", "Missing? Timepoint 2"),
        record("08_1", "Meeting 1", question="What next?"),
        record("08_2", "Meeting 2", question="What then?"),
    ]
    page = body(index(tmp_path, *entries))
    assert page.count(f"<p>{QUESTION}</p>") == 1
    between = page.split(QUESTION)[1].split("What next?")[0]
    assert links(between)[::2] == ["Missing? Timepoint 1", "Missing? Timepoint 2"]
    commands = re.findall(r"Again: <code>mothers-margins run (.*?) --demo</code>", page)
    # a number that several questions share names none of them
    assert commands == ["03 --study esmi", "08_1 --study esmi", "08_2 --study esmi"]


def test_no_two_links_have_one_name(tmp_path):
    """A title that two studies share has the study's beside it; one that a study has twice the
    name of the entry.
    """
    entries = [
        record("00_a", "At a glance"),
        record("00_b", "At a glance", study="hscc_2019"),
        record("01_c", "Twice?"),
        record("01_d", "Twice?"),
    ]
    page = body(index(tmp_path, *entries))
    names = links(page)
    assert len({*names}) == len(names)
    esmi = mm.read_study("esmi").title
    assert f"At a glance: {esmi}" in names
    assert f"Twice? {esmi}: 01_c" in names
    assert f"<h2>{esmi}</h2>" in page
    assert "<h2>esmi</h2>" not in page


def test_what_was_not_made_again_though_something_changed_is_out_of_date(tmp_path):
    old = record("03_old", "Old", key=KEY | {"code": "1", "data": "1", "notebook": "1"})
    other = record("02_other", "Other", study="hscc_2019", key=KEY | {"data": "2"})
    new = record("05_new", "New")
    page = body(index(tmp_path, old, new, other, current=("05_new",)))
    assert "<h2>What is out of date</h2>" in page
    # the rows and the definition of another study may differ, and each notebook is another
    assert re.findall(r"<li>(\w+): made before (.*?) changed</li>", page) == [
        ("Old", "the program and the rows")
    ]
    every = ("03_old", "05_new", "02_other")
    assert "out of date" not in body(index(tmp_path, old, new, other, current=every))
    assert "out of date" not in body(index(tmp_path, old, other, new))  # nothing to compare with
