"""Saving results."""

import json
from pathlib import Path

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins import places
from tests.conftest import REPOSITORY


def test_saved_results_can_be_read_by_any_program(table_1, tmp_path):
    path = mm.save(table_1, "table_1")
    saved = tmp_path / "out" / "internal" / "hscc_2019" / "table_1.csv"
    assert path.name == "table_1.csv"
    assert not path.is_absolute()
    frame = pd.read_csv(saved, keep_default_na=False, dtype={"level": "str"})
    assert list(frame.columns) == list(table_1.columns)
    assert set(frame["table"]) == {"table_1"}
    assert frame["value"].tolist() == table_1["value"].tolist()
    assert all(note.startswith("SYNTHETIC ROWS") for note in frame["note"])
    assert frame["level"].tolist() == table_1["level"].tolist()
    described = json.loads(saved.with_suffix(".json").read_text(encoding="utf-8"))
    assert described["kind"] == "summaries"
    assert described["source"]["kind"] == "reconstructed"
    assert described["source"]["mark"].startswith("SYNTHETIC")
    assert described["groups"]["wider"]["contains"] == ["hssi", "lssi"]


def test_in_a_batch_saved_files_wait_under_another_name(table_1, tmp_path, monkeypatch):
    monkeypatch.setenv(places.STAGE, str(tmp_path / "stage"))
    shown = mm.save(table_1, "table_1")
    assert shown.name == "table_1.csv"
    assert not (tmp_path / "out").exists()
    assert {path.name for path in (tmp_path / "stage").rglob("*.*")} == {
        "table_1.csv.part",
        "table_1.json.part",
    }


def test_a_write_that_fails_leaves_nothing_and_keeps_what_was_there(tmp_path):
    def fail(part: Path) -> None:
        part.write_text("half", encoding="utf-8")
        raise OSError("no space left")

    (tmp_path / "file.csv").write_text("before", encoding="utf-8")
    with pytest.raises(OSError, match="no space left"):
        places.write_whole(tmp_path / "file.csv", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["file.csv"]
    assert (tmp_path / "file.csv").read_text(encoding="utf-8") == "before"


@pytest.mark.parametrize("name", ["../table", "Table 1", "", "table-1", "1st"])
def test_a_result_has_a_plain_name(table_1, name):
    with pytest.raises(mm.UsageError, match="a name is lower-case letters"):
        mm.save(table_1, name)


def test_a_frame_that_lost_its_origin_is_not_saved(table_1):
    with pytest.raises(mm.UsageError, match="does not say which study and rows"):
        mm.save(pd.DataFrame(table_1), "table_1")


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.assign(woman="w1"),
        lambda r: r.drop(columns="n"),
        lambda r: r.rename(columns={"n": "count"}),
    ],
)
def test_a_frame_with_other_columns_is_neither_saved_nor_shown(table_1, change):
    for use in (
        lambda results: mm.save(results, "table_1"),
        lambda results: mm.characteristics(results, "table_1"),
    ):
        with pytest.raises(
            mm.UsageError, match="have the columns of their kind, no more and no fewer"
        ):
            use(change(table_1))


def test_the_origin_travels_through_a_selection(table_1):
    selected = table_1[table_1["group"] == "hssi"].query("statistic == 'n'")
    assert selected.about.source.kind == "reconstructed"


def test_results_of_restricted_rows_are_not_saved_inside_the_project(
    study, table_1, tmp_path, monkeypatch
):
    from dataclasses import replace

    own = table_1.copy()
    own.about = replace(table_1.about, source=mm.Source("restricted", 52, "Own."))
    assert mm.save(own, "table_1").name == "table_1.csv"  # conftest: a folder outside
    monkeypatch.setenv(places.OUT, str(REPOSITORY / "outputs" / "interactive"))
    with pytest.raises(mm.UsageError, match="stay outside the project's folder"):
        mm.save(own, "table_1")
