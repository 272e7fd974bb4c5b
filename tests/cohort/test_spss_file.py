"""What an SPSS file says of a cell beside its value: user-missing values of every form, dates, and
how many cases there are.
"""

import struct
from datetime import date, timedelta
from math import inf
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import yaml

import mothers_margins as mm
from mothers_margins.cohort.files import read_file

KINDS_OF_FILE = {"plain": {}, "compressed": {"row_compress": True}, "zlib": {"compress": True}}


def women(**columns: list) -> pd.DataFrame:
    held = {
        "woman_id": ["w1", "w2", "w3", "w4"],
        "side": ["left", "left", "right", "right"],
        "score": [10.0, 20.5, 30.0, 40.0],
        "visits": [1.0, 2.0, 3.0, 4.0],
        "house": ["own", "rent", "own", "rent"],
        "team": ["1", "0", "1", "0"],
        "ward": ["1", "0", "1", "0"],
    }
    return pd.DataFrame(held | columns)


def saved(folder: Path, frame: pd.DataFrame, **about: object) -> Path:
    pyreadstat.write_sav(frame, folder / "own.sav", **about)
    return folder / "own.sav"


def said_of(path: Path, study: mm.Study) -> tuple[str, ...]:
    with pytest.raises(mm.DataError) as raised:
        mm.read_cohort(path, study)
    return raised.value.problems


DECLARED = "with a value that the file itself declares missing; say under `missing` in sources.yaml"


@pytest.mark.parametrize(
    ("name", "cells", "ranges", "rows"),
    [
        ("score", [10.0, 99, 30, 99], [99], (2, 4)),
        ("score", [97.0, 98, 99, 40], [97, 98, 99], (1, 2, 3)),
        ("score", [10.0, 90, 95, 100], [{"lo": 90, "hi": 99}], (2, 3)),
        ("score", [0.0, 1.5, 30, 99], [{"lo": -inf, "hi": 1.5}, 99], (1, 2, 4)),
        ("score", [10.0, 70.25, 71, 40], [{"lo": 70.25, "hi": inf}], (2, 3)),
        ("visits", [1.0, 9, 3, 9], [9], (2, 4)),
        ("visits", [1.0, 8, 9, 7], [{"lo": 8, "hi": inf}, 7], (2, 3, 4)),
        ("house", ["own", "NA", "rent", "NA"], ["NA"], (2, 4)),
        ("house", ["own", "rent", "own", "own"], ["rent"], (2,)),  # a level, by the dictionary
        ("team", ["1", "0", "9", "1"], ["9"], (3,)),
    ],
)
def test_what_spss_declares_missing_is_no_value(tmp_path, small_study, name, cells, ranges, rows):
    frame = women(**{name: cells})
    path = saved(tmp_path, frame, missing_ranges={name: ranges})
    (said,) = said_of(path, small_study)
    number = f"{len(rows)} row{'s' if len(rows) > 1 else ''}"
    place = f"row{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows))}"
    assert said.startswith(f"{name}: {number} {DECLARED}")
    assert said.endswith(f"({place})")
    outside = [row for row in range(1, 5) if row not in rows]
    kept = mm.read_cohort(
        saved(
            tmp_path,
            frame.iloc[[row - 1 for row in outside]],
            missing_ranges={name: ranges},
        ),
        small_study,
    )
    assert len(kept) == len(outside)  # what lies outside of what is declared is a value
    assert kept.data[name].notna().all()


def test_the_same_values_are_missing_as_in_another_program(tmp_path):
    """ReadStat's own reading, which makes cells empty that SPSS declares missing."""
    draw = np.random.default_rng(3)
    for number in range(40):
        low, high = map(float, np.sort(draw.integers(-9, 9, 2) / 2))
        discrete = float(draw.integers(-9, 9))
        ranges = [
            [discrete],
            [discrete, 1.0, -1.0],
            [{"lo": low, "hi": high}],
            [{"lo": low, "hi": high}, discrete],
            [{"lo": -inf, "hi": high}],
            [{"lo": low, "hi": inf}, discrete],
        ][number % 6]
        rows = pd.DataFrame(
            {
                "score": draw.integers(-9, 9, 50) / 2,
                "whole": draw.integers(-9, 9, 50),
                "text": draw.choice(["a", "b", "NA", "don't kn"], 50),
            }
        )
        declared = {"score": ranges, "whole": ranges, "text": ["NA", "don't kn"]}
        path = saved(tmp_path, rows, missing_ranges=declared)
        theirs, _ = pyreadstat.read_sav(path)
        sheet = read_file(path)
        for name, texts in zip(sheet.header, sheet.cells, strict=True):
            ours = [text in sheet.missing[name] for text in texts]
            assert ours == theirs[name].isna().tolist()


def test_a_label_that_is_a_level_does_not_make_a_missing_value_one(tmp_path, small_study):
    path = saved(
        tmp_path,
        women(house=[1.0, 2.0, 9.0, 1.0]),
        variable_value_labels={"house": {1: "own", 2: "rent", 9: "own"}},
        missing_ranges={"house": [9]},
    )
    (said,) = said_of(path, small_study)
    assert said.startswith(f"house: 1 row {DECLARED}")
    assert said.endswith("(row 3)")


def test_a_missing_value_that_is_mapped_is_missing_for_that_reason(tmp_path, small_study):
    """Scores 10 and 30 are left: their mean is 20."""
    folder = tmp_path / "own"
    folder.mkdir()
    saved(folder, women(score=[10.0, 99, 30, 98]), missing_ranges={"score": [98, 99]})
    named: dict[str, object] = {name: name for name in women() if name != "woman_id"}
    named["score"] = {"from": "score", "missing": {"98": "-9", "99": ""}}
    tables = [{"file": "own.sav", "id": "woman_id", "variables": named}]
    (folder / "sources.yaml").write_text(yaml.safe_dump({"tables": tables}), encoding="utf-8")
    cohort = mm.read_cohort(folder, small_study)
    assert cohort.data["score"].mean() == 20
    assert cohort.reasons["score"].iloc[[1, 3]].tolist() == ["not asked", "refused"]


DATES = {
    "DATE11": 12.0e9,
    "ADATE10": 12.0e9,
    "EDATE10": 12.0e9,
    "JDATE7": 12.0e9,
    "SDATE10": 12.0e9,
    "QYR8": 12.0e9,
    "MOYR8": 12.0e9,
    "WKYR10": 12.0e9,
    "DATETIME20": 12.0e9,
    "YMDHMS16": 12.0e9,
    "TIME8": 36.0,
    "MTIME8": 36.0,
    "DTIME12": 36.0,
    "WKDAY9": 3.0,
    "MONTH9": 3.0,
}


@pytest.mark.parametrize("display", DATES)
def test_a_date_or_a_part_of_one_is_no_number(tmp_path, small_study, display):
    """Also where its number would be within the limits: March as 3, ten past in seconds."""
    visits = [DATES[display], np.nan, DATES[display], DATES[display]]
    path = saved(tmp_path, women(visits=visits), variable_format={"visits": display})
    (said,) = said_of(path, small_study)
    assert said == (
        "visits: 3 rows with a date or a time; give the number that is meant (rows 1, 3, 4)"
    )


@pytest.mark.parametrize("display", ["F8.2", "COMMA8.2", "DOT8", "PCT8", "DOLLAR8", "E10.3", "N8"])
def test_a_number_is_one_however_it_is_shown(tmp_path, small_study, display):
    path = saved(tmp_path, women(), variable_format={"score": display})
    assert mm.read_cohort(path, small_study).data["score"].tolist() == [10, 20.5, 30, 40]


def test_a_date_beyond_the_calendar_is_a_date(tmp_path, small_study):
    """9.9e12 seconds after October 1582 lie in the year 315,303, which Python does not have."""
    assert date(1582, 10, 14) + timedelta(seconds=12.0e9) < date.max
    frame = women(score=[12.0e9, 9.9e12, 12.0e9, 12.0e9])
    (said,) = said_of(saved(tmp_path, frame, variable_format={"score": "DATE11"}), small_study)
    assert said.startswith("score: 4 rows with a date or a time")


@pytest.mark.parametrize("place", ["a cell", "a label"])
def test_letters_of_another_code_page_are_refused_as_what_they_are(tmp_path, small_study, place):
    frame = women(house=["own", "rent", "~~~~", "own"]) if place == "a cell" else women()
    path = saved(tmp_path, frame, variable_value_labels={"visits": {9: "~~~~"}})
    path.write_bytes(path.read_bytes().replace(b"~~~~", b"caf\xff"))
    (said,) = said_of(path, small_study)
    assert said.startswith("it holds letters that are not those of the code page that it names")


def test_a_file_with_a_password_is_not_said_to_be_cut_short_only(tmp_path, small_study):
    path = saved(tmp_path, women())
    path.write_bytes(b"ENCRYPTEDSAV" + path.read_bytes()[12:])
    (said,) = said_of(path, small_study)
    assert said == (
        "it cannot be read as a .sav file; it may be cut short, damaged, protected by a password, "
        "or the file of another program"
    )


CUT = "it does not hold the rows and value labels that it says it has"


@pytest.mark.parametrize("kind", KINDS_OF_FILE)
@pytest.mark.parametrize("difference", [-2, -1, 1, 1000])
def test_a_file_with_other_cases_than_it_says_is_refused(tmp_path, small_study, kind, difference):
    path = saved(tmp_path, women(), **KINDS_OF_FILE[kind])
    assert len(mm.read_cohort(path, small_study)) == 4
    raw = path.read_bytes()
    assert struct.unpack_from("<i", raw, 80) == (4,)
    path.write_bytes(raw[:80] + struct.pack("<i", 4 + difference) + raw[84:])
    (said,) = said_of(path, small_study)
    assert CUT in said if difference < 0 else "it may be cut short" in said


@pytest.mark.parametrize("kind", KINDS_OF_FILE)
def test_a_file_that_does_not_say_how_many_cases_it_has_is_read(tmp_path, small_study, kind):
    path = saved(
        tmp_path,
        women(),
        column_labels=["Id", "", "A long label of it", "n", "", "", ""],
        variable_value_labels={"visits": {}, "house": {"own": "her own", "rent": "rented"}},
        note="A document of one line",
        **KINDS_OF_FILE[kind],
    )
    raw = path.read_bytes()
    path.write_bytes(raw[:80] + struct.pack("<i", -1) + raw[84:])
    assert len(mm.read_cohort(path, small_study)) == 4


@pytest.mark.parametrize("kind", KINDS_OF_FILE)
def test_whatever_is_cut_off_is_missed(tmp_path, small_study, kind):
    frame = pd.concat([women()] * 20, ignore_index=True)
    frame["woman_id"] = [f"w{number}" for number in range(80)]
    path = saved(tmp_path, frame, **KINDS_OF_FILE[kind])
    raw = path.read_bytes()
    # what ends a packed file are the places of its parts, which nobody reads
    end = len(raw) - (56 if kind == "zlib" else 8)
    for length in range(180, end, 97):
        path.write_bytes(raw[:length])
        assert said_of(path, small_study)
