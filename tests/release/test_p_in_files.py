"""A class of p in a released file: nobody takes its limit for p."""

import csv

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.release.write_release import _safe
from mothers_margins.results.read import read_result
from mothers_margins.results.save import as_files
from tests.release.made_release import ESMI, A, B, made_results

KEYS = {"variable": "dv_any", "group_a": A, "group_b": B, "test": "chi_squared"}
ROWS = [
    KEYS | {"p_value": 0.05, "note": "p_below"},
    KEYS | {"p_value": 0.05, "note": "p_at_least", "level": "Yes"},
    KEYS | {"p_value": 0.05, "level": "No"},
    KEYS | {"status": "suppressed", "level": ""},
]


@pytest.fixture
def written(tmp_path):
    results = made_results("comparisons", ROWS)
    for ending, text in as_files(_safe(results), "tests").items():
        (tmp_path / f"tests.{ending}").write_text(text, encoding="utf-8")
    return tmp_path / "tests.csv"


def test_the_side_stands_before_the_limit(written):
    with written.open(encoding="utf-8") as lines:
        assert [row["p_value"] for row in csv.DictReader(lines)] == ["<0.05", ">=0.05", "0.05", ""]


def test_read_again_it_is_a_number_with_a_code(written):
    again = read_result(written, ESMI)
    assert again["p_value"].tolist()[:3] == [0.05] * 3
    assert pd.isna(again["p_value"].iloc[3])
    assert [note.split()[-1:] for note in again["note"]] == [["p_below"], ["p_at_least"], [], []]


@pytest.mark.parametrize(
    ("old", "new"), [("<0.05", "0.05"), (">=0.05", "<0.05"), (",0.05", ",<0.05")]
)
def test_a_side_that_the_note_does_not_say_is_refused(written, old, new):
    text = written.read_text(encoding="utf-8")
    assert old in text
    written.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(mm.UsageError, match="something else"):
        read_result(written, ESMI)
