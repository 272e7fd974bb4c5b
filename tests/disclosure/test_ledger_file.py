"""The ledger of a folder: whatever happens to its file is found, and nothing is lost."""

import json
import multiprocessing
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mothers_margins.disclosure import ledger_file
from mothers_margins.disclosure.ledger import LedgerError
from mothers_margins.disclosure.ledger_file import NAME, FolderLedger, begin_ledger, open_ledger
from tests.conftest import REPOSITORY
from tests.disclosure.patterns import (
    VERSION,
    WHEN,
    append_some,
    content,
    contents,
    hidden,
    shown,
)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A ledger with five entries."""
    ledger = begin_ledger(tmp_path / "ledger")
    for each in contents(5):
        ledger.append(each, when=WHEN, version=VERSION)
    return tmp_path / "ledger"


def lines(folder: Path) -> list[str]:
    return (folder / NAME).read_text(encoding="ascii").splitlines()


def put(folder: Path, changed: list[str]) -> None:
    (folder / NAME).write_text("\n".join(changed) + "\n", encoding="ascii")


def refused(folder: Path) -> LedgerError:
    """The error on reading and on writing; the file stays as it is."""
    before = (folder / NAME).read_bytes()
    with pytest.raises(LedgerError) as raised:
        open_ledger(folder)
    with pytest.raises(LedgerError):
        FolderLedger(folder).append(contents(9)[-1], when=WHEN, version=VERSION)
    assert (folder / NAME).read_bytes() == before
    assert str(folder) not in str(raised.value)
    return raised.value


def test_a_whole_ledger_is_read(folder):
    assert len(open_ledger(folder).entries()) == 5


# ---- planted faults: each is found, and the entry named


@pytest.mark.parametrize("removed", range(5))
def test_an_entry_that_was_taken_out_is_found(folder, removed):
    kept = lines(folder)
    del kept[removed]
    put(folder, kept)
    error = refused(folder)
    if removed < 4:
        assert f"entry {removed + 1} is not there" in error.problems[0]
    assert "says that it has 5 entries, and it has 4" in error.problems[-1]
    assert "Put back the last whole copy" in error.remedy


def test_two_entries_that_were_taken_out_are_named(folder):
    kept = lines(folder)
    put(folder, kept[:1] + kept[3:])
    assert refused(folder).problems[0].startswith("entries 2 to 3 are not there, before entry 4")


@pytest.mark.parametrize("changed", range(5))
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("true,2", "true,3"),
        ("esmi", "esmj"),
        ("2026-11-27", "2026-11-28"),
        ('"threshold":10', '"threshold":3'),
        ("false,null", "true,15"),
        ('"version":"0.1.0"', '"version":"0.1.1"'),
        ("{", "{ "),
        ('"study":"esmi"', '"study":"esmi","study":"esmi"'),
        ('"previous"', '"Previous"'),
    ],
)
def test_an_entry_that_was_changed_is_found(folder, changed, old, new):
    kept = lines(folder)
    assert old in kept[changed]
    kept[changed] = kept[changed].replace(old, new, 1)
    put(folder, kept)
    assert refused(folder).problems == (f"the entry in line {changed + 1} was changed, or is none",)


def test_an_entry_that_was_changed_with_its_own_hash_is_found_by_the_next(folder, tmp_path):
    other = begin_ledger(tmp_path / "other")
    first, second, *_ = contents(5)
    other.append(first, when=WHEN, version=VERSION)
    forged = content(shown("Yes", 99), hidden("No"))
    assert forged != second
    other.append(forged, when=WHEN, version=VERSION)
    kept = lines(folder)
    kept[1] = lines(tmp_path / "other")[1]
    put(folder, kept)
    (problem,) = refused(folder).problems
    assert problem.startswith("entry 3 of 2026-11-27T12:30:00+00:00 (line 3) was written after")


def test_a_last_entry_that_was_changed_with_its_own_hash_is_found(folder, tmp_path):
    other = begin_ledger(tmp_path / "other")
    for each in [*contents(4), content(shown("Yes", 99))]:
        other.append(each, when=WHEN, version=VERSION)
    put(folder, [*lines(folder)[:4], lines(tmp_path / "other")[4], lines(folder)[5]])
    assert refused(folder).problems == ("its last line names another last entry",)


def test_an_entry_that_stands_twice_is_found(folder):
    kept = lines(folder)
    put(folder, [*kept[:3], kept[2], *kept[3:]])
    assert (
        "entry 3 of 2026-11-27T12:30:00+00:00 (line 4) stands twice" in refused(folder).problems[0]
    )


def test_entries_in_another_order_are_found(folder):
    kept = lines(folder)
    put(folder, [kept[0], kept[2], kept[1], *kept[3:]])
    problems = refused(folder).problems
    assert problems[0].startswith("entry 2 is not there, before entry 3")
    assert problems[1].startswith("entry 2 ")
    assert "stands twice, or after a later one" in problems[1]


def test_all_faults_are_said_at_once(folder):
    kept = lines(folder)
    kept[0] = kept[0].replace("esmi", "esmj")
    kept[3] = kept[3].replace("esmi", "esmj")
    put(folder, kept)
    assert len(refused(folder).problems) == 2


# ---- a last line that is half-written, or hostile


@pytest.mark.parametrize("left", [1, 40, 400])
def test_a_last_line_that_was_cut_is_found(folder, left):
    raw = (folder / NAME).read_bytes()
    (folder / NAME).write_bytes(raw[:-left])
    assert refused(folder).problems


def test_half_an_entry_at_the_end_is_found(folder):
    kept = lines(folder)
    (folder / NAME).write_text("\n".join([*kept[:4], kept[4][:100]]), encoding="ascii")
    assert refused(folder).problems == ("line 5, the last, was not written to its end",)
    put(folder, [*kept[:4], kept[4][:100]])
    assert "the last line, which says how many entries there are, is not there" in str(
        refused(folder)
    )


HOSTILE = [
    "",
    "null",
    "[]",
    "NaN",
    "[" * 100_000,
    '{"a":' * 50_000,
    "9" * 100_000,
    '{"ledger":1,"entries":5,"last":""}',
    '{"ledger":2,"entries":5}',
    '{"ledger":[],"entries":{}}',
    '{"ledger":1,"entries":"' + "9" * 10_000 + '"}',
    '"\\ud800"',
    "\x00",
    "{}",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_line_is_refused_at_the_end_and_before(folder, hostile):
    kept = lines(folder)
    put(folder, [*kept[:5], hostile])
    assert len(str(refused(folder))) < 2_000
    put(folder, [*kept, hostile])
    refused(folder)
    put(folder, [*kept[:2], hostile, *kept[2:]])
    assert len(str(refused(folder))) < 2_000


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"\n", b"\x80\x04N.", "{\u202e}\n".encode()])
def test_a_file_that_is_no_ledger_is_refused(folder, raw):
    (folder / NAME).write_bytes(raw)
    refused(folder)


def test_a_newer_format_is_said(folder):
    put(folder, [*lines(folder)[:5], '{"entries":5,"last":"","ledger":2}'])
    assert "it was written by another version" in refused(folder).problems[0]


def test_a_file_too_large_for_a_ledger_is_not_read(folder, monkeypatch):
    monkeypatch.setattr(ledger_file, "MOST_BYTES", 100)
    assert refused(folder).problems == ("it is larger than any ledger",)


def test_a_link_is_no_ledger(folder, tmp_path):
    # putting a new file in its place would leave the old one behind
    (folder / NAME).rename(tmp_path / "elsewhere")
    (folder / NAME).symlink_to(tmp_path / "elsewhere")
    assert refused(folder).problems == ("it is a link or a folder, and no file",)


# ---- a ledger that was lost is not an empty one


def test_a_folder_without_a_ledger_is_refused(tmp_path):
    with pytest.raises(LedgerError, match="There is no ledger in") as raised:
        open_ledger(tmp_path)
    assert "begin one" in raised.value.remedy
    with pytest.raises(LedgerError):
        FolderLedger(tmp_path).append(contents(1)[0], when=WHEN, version=VERSION)
    assert not (tmp_path / NAME).exists()


def test_a_ledger_is_begun_once(folder):
    before = (folder / NAME).read_bytes()
    with pytest.raises(LedgerError, match="already"):
        begin_ledger(folder)
    assert (folder / NAME).read_bytes() == before


def test_a_new_ledger_is_empty_and_for_its_owner(tmp_path):
    before = os.umask(0)
    try:
        ledger = begin_ledger(tmp_path / "beside" / "ledger")
        assert ledger.entries() == ()
        ledger.append(contents(1)[0], when=WHEN, version=VERSION)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "beside" / "ledger").stat().st_mode) == 0o700
    for path in (tmp_path / "beside" / "ledger").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


# ---- a crash, a full disk


def crash_in(call: str) -> str:
    """A program that appends and is killed in the middle of it."""
    return f"""
import os, sys
from pathlib import Path
from mothers_margins.disclosure.ledger_file import FolderLedger
from tests.disclosure.patterns import VERSION, WHEN, contents
{call} = lambda *_: os._exit(9)
FolderLedger(Path(sys.argv[1])).append(contents(6)[-1], when=WHEN, version=VERSION)
"""


@pytest.mark.parametrize("call", ["os.replace", "os.fsync"])
def test_a_crash_before_the_file_is_in_place_loses_nothing(folder, call):
    before = (folder / NAME).read_bytes()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ended = subprocess.run(
        [sys.executable, "-c", crash_in(call), str(folder)],
        cwd=REPOSITORY,
        env=environment,
        check=False,
    )
    assert ended.returncode == 9
    assert list(folder.glob(".ledger-*.part"))  # what it left
    assert (folder / NAME).read_bytes() == before
    added = FolderLedger(folder).append(contents(6)[-1], when=WHEN, version=VERSION)
    assert added.number == 6
    assert not list(folder.glob("*.part"))
    assert len(open_ledger(folder).entries()) == 6


def test_a_full_disk_loses_nothing_and_is_said(folder, monkeypatch):
    before = (folder / NAME).read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LedgerError, match="cannot be written") as raised:
        FolderLedger(folder).append(contents(6)[-1], when=WHEN, version=VERSION)
    assert "Nothing was changed" in raised.value.remedy
    assert (folder / NAME).read_bytes() == before
    assert not list(folder.glob("*.part"))


# ---- two at once


def test_two_processes_at_once_lose_no_entry(tmp_path):
    begin_ledger(tmp_path)
    context = multiprocessing.get_context("spawn")
    working = [
        context.Process(target=append_some, args=(tmp_path, first, 25)) for first in (100, 200)
    ]
    for one in working:
        one.start()
    for one in working:
        one.join()
    assert [one.exitcode for one in working] == [0, 0]
    entries = open_ledger(tmp_path).entries()
    assert [entry.number for entry in entries] == [*range(1, 51)]
    values = {entry.content.cells[0].value for entry in entries}
    assert values == {*range(100, 125), *range(200, 225)}


def test_threads_at_once_lose_no_entry_and_one_content_is_one_entry(tmp_path):
    begin_ledger(tmp_path)
    working = [threading.Thread(target=append_some, args=(tmp_path, 100, 10)) for _ in range(4)]
    for one in working:
        one.start()
    for one in working:
        one.join()
    assert len(open_ledger(tmp_path).entries()) == 10


def test_a_ledger_that_another_process_keeps_is_said(folder, monkeypatch):
    monkeypatch.setattr(ledger_file, "WAIT", 0.05)
    with (
        ledger_file._alone(folder),
        pytest.raises(LedgerError, match="kept by another process"),
    ):
        FolderLedger(folder).append(contents(6)[-1], when=WHEN, version=VERSION)


def test_the_last_line_says_how_many_there_are(folder):
    seal = json.loads(lines(folder)[-1])
    assert seal == {
        "ledger": 1,
        "entries": 5,
        "last": open_ledger(folder).entries()[-1].own_hash,
    }
