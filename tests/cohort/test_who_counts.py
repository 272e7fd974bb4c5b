"""Which rows are a participant's: none is counted that is a total, a note or somebody twice."""

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import yaml

import mothers_margins as mm
from mothers_margins.cohort.who_counts import plain
from tests.cohort.test_spss_file import said_of, women

HEADER = "woman_id,side,score,visits,house,team,ward\n"
ROWS = ["left,10,1,own,1,0", "right,20,2,rent,0,1", "left,30,3,own,1,1", "right,40,4,rent,0,0"]


def file_of(folder, *ids: str, last: str = ""):
    """A file with these ids, and a last row as it stands."""
    lines = [f"{identifier},{ROWS[place % 4]}" for place, identifier in enumerate(ids)]
    text = HEADER + "\n".join([*lines, *([last] if last else [])]) + "\n"
    (folder / "own.csv").write_text(text, encoding="utf-8")
    return folder / "own.csv"


ALIKE = "with an id that differs from another row's only in blanks, dashes, case, leading zeros or"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("w7", "W7"),
        ("straße", "STRASSE"),
        ("7", "007"),
        ("w7", "w07"),
        ("north-7-1", "north-07-1"),
        ("w7", " w7"),
        ("w7", "w7 "),
        ("w7", "w 7"),
        ("w7", "w\u00a07"),  # a blank that does not break
        ("w7", "w7\u2003"),  # as wide as an m
        ("w7", "w7\t"),
        ("w7", "w\u200b7"),  # of no width
        ("w7", "\ufeffw7"),
        ("w7", "ｗ７"),  # full width
        ("7", "7.0"),
        ("7", "07.00"),
        ("w-7", "w–7"),  # a dash as long as an n
        ("w-7", "w\u22127"),  # a minus sign
        ("w-7", "w\u20117"),  # a hyphen that does not break
        ("é7", "e\u03017"),  # one letter, or a letter and its accent
    ],
)
def test_ids_that_are_written_in_two_ways_are_asked_about(tmp_path, small_study, one, other):
    (said,) = said_of(file_of(tmp_path, "w1", one, "w2", other), small_study)
    assert said.startswith(f"2 rows {ALIKE}")
    assert said.endswith("(rows 3, 5)")
    assert one not in said


@pytest.mark.parametrize(
    "ids",
    [
        ("w1", "w2", "w10", "w11", "w100"),
        ("1", "2", "10", "100", "1000"),
        ("1.01", "1.1", "1.10", "10.1"),  # site and participant
        ("a", "b", "n", "z"),  # a letter each
        ("max", "amy", "eve", "sum"),
        ("na", "sd", "kl", "mo"),
        ("n12", "n13", "sum1", "all-7", "min01"),
        ("north-1", "south-1"),
        ("mean1", "source-2", "sum3"),
        ("é1", "e1"),
    ],
)
def test_ids_that_are_different_are_different_women(tmp_path, small_study, ids):
    assert len(mm.read_cohort(file_of(tmp_path, *ids), small_study)) == len(ids)


SUMMARY = "1 row with a word such as total or mean for an id; leave out what is no participant"


@pytest.mark.parametrize(
    "identifier",
    [
        *(
            "Total",
            "TOTAL",
            " total ",
            "Totals",
            "Subtotal",
            "Sub-total",
            "Grand total",
            "Ｔｏｔａｌ",
        ),
        *("Total 4", "Total (n = 4)", "North total", "total:", "Sum", "sum:", "N", "n = 4", "N=4"),
        *("All", "All women", "Overall", "Mean", "Mean (SD)", "Average", "Median", "SD", "Min"),
        *("Count", "Maximum", "None", "null", "nan", "Group mean", "Valid N", "Tot."),
    ],
)
def test_a_row_of_totals_is_no_woman(tmp_path, small_study, identifier):
    """Neither where only some cells hold something, nor where all of them could be a woman's."""
    for rest in ("left,25,3,own,1,0", ",25,,,,"):
        path = file_of(tmp_path, "w1", "w2", last=f"{identifier},{rest}")
        (said,) = said_of(path, small_study)
        assert said == f"{SUMMARY} (row 4)"


def test_a_row_of_a_part_is_no_woman_wherever_it_stands(tmp_path, small_study):
    said = said_of(file_of(tmp_path, "w1", "Subtotal", "w2", "Subtotal 2", "Total"), small_study)
    assert said == (f"{SUMMARY.replace('1 row', '3 rows')} (rows 3, 5, 6)",)


NOTHING = (
    "1 row with an id and nothing else; leave out what is no participant, and write for a "
    "participant why nothing is recorded (row 4)"
)


@pytest.mark.parametrize("rest", [",,,,,", " ,  ,,\u00a0,,"])
def test_a_row_with_an_id_and_nothing_else_is_asked_about(tmp_path, small_study, rest):
    assert NOTHING in said_of(file_of(tmp_path, "w1", "w2", last=f"w3,{rest}"), small_study)


def test_a_note_below_the_table_is_no_woman(tmp_path, small_study):
    note = '"Scores are of the form of 2019, as the unit said"'
    (said,) = said_of(file_of(tmp_path, "w1", "w2", last=f"{note},,,,,,"), small_study)
    assert said == NOTHING
    (said,) = said_of(file_of(tmp_path, "w1", "w2", last=f"*,{ROWS[0]}"), small_study)
    assert said == "1 row without an id (row 4)"


def test_a_woman_of_whom_it_is_said_why_nothing_is_recorded_counts(tmp_path, small_study):
    path = file_of(tmp_path, "w1", "w2", last="w3,-9,-9,-9,-9,,")
    cohort = mm.read_cohort(path, small_study)
    assert len(cohort) == 3
    assert cohort.reasons.loc[2, "score"] == "refused"


@pytest.mark.parametrize("identifier", ["   ", "\u00a0", "\u200b", ".", "-", "?"])
def test_an_id_of_no_letter_and_no_digit_is_none(tmp_path, small_study, identifier):
    (said,) = said_of(file_of(tmp_path, "w1", identifier, "w2"), small_study)
    assert said == "1 row without an id (row 3)"


def test_an_identifier_is_there_once_whether_or_not_its_field_says_so(tmp_path, small_study):
    folder = tmp_path / "women2"
    folder.mkdir()
    for file in small_study.folder.iterdir():
        text = file.read_text(encoding="utf-8").replace("name: small", "name: women2")
        text = text.replace(",\n     constraints: {required: true, unique: true}}", "}")
        (folder / file.name).write_text(text, encoding="utf-8")
    study = mm.read_study("women2", folder)
    assert not study.fields["woman_id"].constraints.unique
    first, second = said_of(file_of(tmp_path, "w1", "w1", ""), study)
    assert first == "woman_id: 1 row without a value, which is required (row 4)"
    assert second.startswith("woman_id: 2 rows with a value that another row has too")


def mapped(folder, tables):
    """A folder with these tables by file name, whose first says who there is."""
    plan = {"tables": []}
    for file, frame in tables.items():
        frame.convert_dtypes().to_csv(folder / file, index=False)
        named = {name: name for name in frame if name != "woman_id"}
        plan["tables"].append({"file": file, "id": "woman_id", "variables": named})
    (folder / "sources.yaml").write_text(yaml.safe_dump(plan), encoding="utf-8")
    return folder / "sources.yaml"


def test_every_table_is_asked_about(tmp_path, small_study):
    later = women()[["woman_id", "score", "visits", "house", "team", "ward"]]
    later = later.assign(woman_id=["w1", "W1", "w3", "Total"])
    path = mapped(tmp_path, {"first.csv": women()[["woman_id", "side"]], "later.csv": later})
    said = said_of(path, small_study)
    assert [line for line in said if line.startswith("later.csv: 2 rows") and ALIKE in line]
    assert f"later.csv: {SUMMARY} (row 5)" in said


def test_an_id_that_is_missing_by_its_file_or_the_dictionary_is_none(tmp_path, small_study):
    """In every table; in Stata .a, in SPSS what it declares missing, in a workbook a date."""
    first = pd.DataFrame({"pid": [1.0, 2.0, 3.0], "side": ["left", "right", "left"]})
    later = women().drop(columns=["side"]).assign(woman_id=[1.0, 2.0, 99.0, -9.0])
    first.to_stata(tmp_path / "first.dta", write_index=False)
    pyreadstat.write_sav(later, tmp_path / "later.sav", missing_ranges={"woman_id": [99]})
    more = later[["woman_id", "ward"]].assign(woman_id=["1", "#N/A", pd.Timestamp(0), "3"])
    more.to_excel(tmp_path / "more.xlsx", index=False)
    plan = [
        {"file": "first.dta", "id": "pid", "variables": {"side": "side"}},
        {
            "file": "later.sav",
            "id": "woman_id",
            "variables": {name: name for name in ("score", "visits", "house", "team")},
            "others": "ignore",
        },
        {"file": "more.xlsx", "id": "woman_id", "variables": {"ward": "ward"}},
    ]
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"tables": plan}), encoding="utf-8")
    said = said_of(tmp_path / "sources.yaml", small_study)
    assert said == (
        "later.sav: 2 rows without an id (rows 3, 4)",
        "more.xlsx: 1 row with a date or a time; give the number that is meant (row 4)",
        "more.xlsx: 1 row with an error of the spreadsheet program in place of a value (row 3)",
    )


def test_a_woman_who_is_only_in_the_list_of_women_counts(tmp_path, small_study):
    """She has no row in the other tables, which is counted; a blank row there is asked about."""
    later = women()[["woman_id", "side", "score", "visits", "house", "team", "ward"]]
    tables = {"ids.csv": women()[["woman_id"]], "later.csv": later.head(3)}
    cohort = mm.read_cohort(mapped(tmp_path, tables), small_study)
    assert len(cohort) == 4
    assert [event.rows for event in cohort.events if event.event == "no_row_in_table"] == [1]
    blank = later.astype(object)
    blank.iloc[3, 1:] = np.nan
    (said,) = said_of(mapped(tmp_path, {**tables, "later.csv": blank}), small_study)
    assert said == NOTHING.replace("(row 4)", "(row 5)")


def test_what_is_left_of_an_id():
    assert plain("000") == "0"
    assert plain("W 0070") == "w70"
    assert plain("0.05") == "0.05"
