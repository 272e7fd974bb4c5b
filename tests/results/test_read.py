"""What `save` wrote comes back as it was: kind by kind, and nothing else is read."""

import json
from pathlib import Path

import pandas as pd
import pytest
from numpy import nan

import mothers_margins as mm
from mothers_margins.results.read import read_results
from mothers_margins.results.results import COLUMNS, About, names_of, tidy
from mothers_margins.study.conditions import Condition, Group
from mothers_margins.study.source import Source

SOURCES = [
    Source("synthetic", 60, "Made up."),
    Source("restricted", 60, "", (("involved_t1", "No"),)),
]


def made(kind: str, study: mm.Study, source: Source) -> mm.Results:
    """Results of a kind with a number, a fraction, nothing and a text in every column."""
    groups = {
        "wider": study.groups["wider"],
        "some": Group(label="Some", where={"age": Condition(levels=("40+",), excluded=True)}),
    }
    lock = "open" if kind == "estimates" and source.kind == "restricted" else ""
    names = names_of(kind)
    numbers = [7, 1 / 3, nan, -0.0]
    rows = []
    for place, number in enumerate(numbers):
        own = {name: f"{name} = '{place}', \"x\"" for name in COLUMNS[kind] if name in names}
        own |= {name: number for name in COLUMNS[kind] if name not in names}
        note = "a_code other_code" if place else ""
        status = "suppressed" if place == 2 else "shown"
        rows.append(own | {"note": note, "status": status, "timepoint": 1 if place else None})
    return tidy(rows, About(kind, study, source, groups, lock))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.kind)
@pytest.mark.parametrize("kind", COLUMNS)
def test_every_kind_comes_back_as_it_was(kind, source, study, tmp_path):
    results = made(kind, study, source)
    mm.save(results, "table")
    again = read_results(tmp_path / "out" / "internal" / "hscc_2019", study)["table"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(again), pd.DataFrame(results).assign(table="table"), check_exact=True
    )
    assert again.about == results.about


def test_real_results_come_back(table_1, study, tmp_path):
    check = mm.check_published(table_1)
    for name, results in {"a": table_1, "b": check, "c": mm.list_themes(study)}.items():
        mm.save(results, name)
    read = read_results(tmp_path / "out" / "internal" / "hscc_2019", study)
    assert read["a"].equals(table_1.assign(table="a"))
    assert read["b"]["agrees"].tolist() == check["agrees"].tolist()
    assert read["c"].about.source.kind == "published"


def test_none_of_no_rows_is_read_too(table_1, study, tmp_path):
    mm.save(table_1[table_1["variable"] == "none"], "empty")
    assert len(read_results(tmp_path / "out" / "internal" / "hscc_2019", study)["empty"]) == 0


def replaced(old: str, new: str):
    def change(path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("ending", "change", "said"),
    [
        ("csv", replaced(",distinct\n", ",gone\n"), "columns"),
        ("csv", replaced("table_1,hscc_2019", "table_1,esmi"), "another table or study"),
        ("csv", replaced(",shown,", ",visible,"), "status"),
        ("csv", replaced("SYNTHETIC ROWS", "ROWS"), "mark"),
        ("csv", replaced("52.0", "many"), "numbers"),
        ("csv", replaced("52.0", "52.0,1"), "number of cells"),
        ("csv", lambda path: path.unlink(), "is not there"),
        ("json", lambda path: path.unlink(), "is not there"),
        ("json", replaced('"summaries"', '"sums"'), "kind of results"),
        ("json", replaced('"reconstructed"', '"restricted"'), "mark"),
        ("json", replaced('"lock": ""', '"lock": "maybe"'), "lock"),
        ("json", replaced('"name": "table_1"', '"name": "table_2"'), "another name"),
        ("json", lambda path: path.write_text("{"), "does not describe"),
        ("json", lambda path: path.write_text(json.dumps({"kind": 1})), "does not describe"),
    ],
)
def test_files_that_were_changed_are_not_read(table_1, study, tmp_path, ending, change, said):
    mm.save(table_1, "table_1")
    folder = tmp_path / "out" / "internal" / "hscc_2019"
    change(folder / f"table_1.{ending}")
    with pytest.raises(mm.UsageError, match=said):
        read_results(folder, study)
