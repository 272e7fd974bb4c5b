"""Released: read from a folder that is exactly as it was written, and from nothing else."""

import json
import shutil
from pathlib import Path

import pytest

import mothers_margins as mm
from mothers_margins.release.released import Released, only_released
from mothers_margins.release.write_release import release


@pytest.fixture
def whole(internal, to) -> Path:
    release(internal, to)
    return to


def test_a_release_is_read_with_its_marks_and_manifest(whole):
    released = mm.read_release(whole)
    assert released.names == ("people",)
    assert released.study.name == "sixty"
    assert released.manifest.mark == "SYNTHETIC DATA"
    results = released.results("people")
    assert results.about.source.kind == "synthetic"
    with pytest.raises(mm.UsageError, match="people"):
        released.results("peple")
    assert str(whole) not in repr(released)


def test_what_is_given_out_can_be_changed_without_changing_the_release(whole):
    released = mm.read_release(whole)
    given = released.results("people")
    given["value"] = 1.0
    assert released.results("people")["value"].max() > 1


def tampered_number(folder: Path) -> None:
    path = folder / "tables" / "people.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("42", "43"), encoding="utf-8")


def tampered_policy(folder: Path) -> None:
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["policy"]["more"] = {}
    path.write_text(json.dumps(content), encoding="utf-8")


def newer(folder: Path) -> None:
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | {"schema": 2}), encoding="utf-8")


def linked(folder: Path) -> None:
    path = folder / "tables" / "people.csv"
    path.replace(folder.parent / "elsewhere.csv")
    path.symlink_to(folder.parent / "elsewhere.csv")


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (tampered_number, "tables/people.csv was changed"),
        (tampered_policy, "manifest.json was changed"),
        (newer, "another version"),
        (linked, "tables/people.csv is a link"),
        (lambda folder: (folder / "tables" / "people.json").unlink(), "people.json is gone"),
        (lambda folder: (folder / "more.txt").write_text("x"), "more.txt is not of this release"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "not readable"),
        (lambda folder: (folder / "manifest.json").unlink(), "no manifest of a release"),
    ],
)
def test_a_folder_that_was_touched_is_refused(whole, tamper, said):
    tamper(whole)
    with pytest.raises(mm.DisclosureError, match=said):
        mm.read_release(whole)


def test_internal_results_are_no_release(internal, whole):
    with pytest.raises(mm.DisclosureError, match="no manifest of a release"):
        mm.read_release(internal)
    with pytest.raises(mm.DisclosureError, match="not that of a release"):
        mm.read_release(internal.parents[1])  # it has the manifest of a run
    shutil.copy(internal / "people.csv", whole / "tables" / "people.csv")
    with pytest.raises(mm.DisclosureError, match="was changed"):
        mm.read_release(whole)


def test_nobody_else_makes_one_and_internal_results_are_not_taken_for_it(whole, table_1):
    released = mm.read_release(whole)
    with pytest.raises(mm.UsageError, match="made by read_release only"):
        Released(whole, released.study, released.manifest, {"people": table_1})
    assert only_released(released, "characteristics") is released
    for given in (table_1, whole, None):
        with pytest.raises(mm.UsageError, match="needs what read_release returned"):
            only_released(given, "characteristics")
