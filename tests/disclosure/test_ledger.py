"""Entries of the ledger, in memory and in a folder: the same interface, the same entries."""

import json
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from mothers_margins.disclosure.ledger import MemoryLedger, Place, Recorded, content_of, line_of
from mothers_margins.disclosure.ledger_file import begin_ledger, open_ledger
from tests.disclosure.patterns import KEY, VERSION, WHEN, content, contents, hidden, policy, shown


@pytest.fixture(params=["memory", "folder"])
def ledger(request, tmp_path):
    return MemoryLedger() if request.param == "memory" else begin_ledger(tmp_path / "ledger")


def test_an_entry_holds_what_was_released(ledger):
    entry = ledger.append(content(shown("Yes", 25), hidden("No", 3)), when=WHEN, version=VERSION)
    assert ledger.entries() == (entry,)
    assert (entry.number, entry.version, entry.previous) == (1, VERSION, "")
    assert entry.when == "2026-11-27T12:30:00+00:00"
    assert (entry.content.study, entry.content.data_key) == ("esmi", KEY)
    assert entry.content.policy["precedence"] == ["t1", "t2"]
    assert entry.content.policy["threshold"] == 10
    assert [(cell.place.level, cell.shown, cell.value) for cell in entry.content.cells] == [
        ("No", False, None),
        ("Yes", True, 25),
    ]


def test_the_value_of_a_hidden_cell_is_nowhere(ledger):
    secret = content(shown("Yes", 25), hidden("No", 7654321))
    entry = ledger.append(secret, when=WHEN, version=VERSION)
    assert "7654321" not in line_of(entry) + repr(entry) + repr(secret) + repr(ledger)
    # nor in a hash: of few possible values, one could try them all
    without = content(shown("Yes", 25), hidden("No"))
    assert ledger.append(without, when=WHEN, version=VERSION) == entry


def test_identical_content_is_one_entry_whenever_and_by_whichever_version(ledger):
    first, second = contents(2)
    made = ledger.append(first, when=WHEN, version=VERSION)
    ledger.append(second, when=WHEN, version=VERSION)
    again = ledger.append(first, when=WHEN + timedelta(days=1), version="0.2.0")
    assert again == made
    assert len(ledger.entries()) == 2


def test_the_order_of_cells_and_numpys_numbers_change_nothing(ledger):
    one = content(shown("Yes", 25), hidden("No"), shown("Not known", 12))
    other = content(shown("Not known", np.int64(12)), shown("Yes", np.int32(25)), hidden("No"))
    first = ledger.append(one, when=WHEN, version=VERSION)
    assert ledger.append(other, when=WHEN, version=VERSION) == first


@pytest.mark.parametrize("change", ["study", "key", "policy", "value", "form", "cell"])
def test_anything_that_differs_is_another_entry(ledger, change):
    ledger.append(content(shown("Yes", 25)), when=WHEN, version=VERSION)
    own = policy()
    others = {
        "study": content(shown("Yes", 25), study="other"),
        "key": content(shown("Yes", 25), key="c" * 64),
        "policy": content_of("esmi", KEY, type(own)(**{**own.fields(), "feasible": 4}), []),
        "value": content(shown("Yes", 25.0)),
        "form": content(shown("Yes", 25, form="percent")),
        "cell": content(shown("Yes", 25), hidden("No")),
    }
    ledger.append(others[change], when=WHEN, version=VERSION)
    assert len(ledger.entries()) == 2


def test_each_entry_holds_the_hash_of_the_one_before(ledger):
    made = [ledger.append(each, when=WHEN, version=VERSION) for each in contents(4)]
    assert [entry.number for entry in made] == [1, 2, 3, 4]
    assert [entry.previous for entry in made] == ["", *(entry.own_hash for entry in made[:-1])]
    assert len({entry.own_hash for entry in made}) == 4


def test_both_ledgers_make_the_same_entries(tmp_path):
    memory, folder = MemoryLedger(), begin_ledger(tmp_path / "ledger")
    for each in contents(3):
        for ledger in (memory, folder):
            ledger.append(each, when=WHEN, version=VERSION)
    assert memory.entries() == folder.entries() == open_ledger(tmp_path / "ledger").entries()


def test_the_time_is_the_callers_with_its_zone(ledger):
    (only,) = contents(1)
    with pytest.raises(ValueError, match="time zone"):
        ledger.append(only, when=datetime(2026, 11, 27), version=VERSION)
    there = datetime(2026, 11, 27, 14, 30, tzinfo=timezone(timedelta(hours=2)))
    assert ledger.append(only, when=there, version=VERSION).when == WHEN.astimezone(UTC).isoformat()


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([shown("Yes", 1), hidden("Yes")], "t1 / partner / Yes / all stands twice"),
        ([Recorded(Place("t1", "a", "", "all"), "counts", True)], "shown and has no value"),
        ([shown("Yes", float("nan"))], "no number"),
        ([Recorded(Place("t1", "a", "", 5), "counts", False)], "not named by texts"),
        ([hidden("\ud800")], "not named by texts"),
    ],
)
def test_a_pattern_that_cannot_be_is_refused(cells, said):
    with pytest.raises(ValueError, match=said):
        content(*cells)


def test_names_with_any_characters_come_back_as_they_were(ledger):
    odd = ["\x00", "é‮", '"}\n{', "=1+1", "", "\\"]
    cells = [shown(f"{number}{text}", 12) for number, text in enumerate(odd)]
    ledger.append(content(*cells), when=WHEN, version=VERSION)
    (entry,) = ledger.entries()
    assert {cell.place.level for cell in entry.content.cells} == {
        f"{number}{text}" for number, text in enumerate(odd)
    }
    assert line_of(entry).isascii()
    assert "\n" not in line_of(entry)
    json.loads(line_of(entry))
