"""Numbers of tables and figures: by hand, from the names of entries in the order of a run list."""

import pytest

from mothers_margins.batch.numbering import numbered, prefix_of
from mothers_margins.batch.plan import plan, read_run_list

ENTRIES = ["00_a", "00_b", "04_missing", "05_t1", "05_t2", "10_any", "explore"]


@pytest.mark.parametrize(
    ("entry", "prefix"),
    [
        ("00_a", "0a"),
        ("00_b", "0b"),
        ("04_missing", "4"),
        ("05_t1", "5a"),
        ("05_t2", "5b"),
        ("10_any", "10"),
        ("explore", ""),
        ("07_not_listed", "7"),
    ],
)
def test_an_entry_has_the_number_of_its_notebook_and_a_letter_where_it_has_siblings(entry, prefix):
    assert prefix_of(entry, ENTRIES) == prefix


def test_after_z_come_two_letters():
    entries = [f"03_{place}" for place in range(28)]
    assert prefix_of("03_25", entries) == "3z"
    assert prefix_of("03_26", entries) == "3aa"
    assert prefix_of("03_27", entries) == "3ab"


PAGE = (
    "<caption>Who</caption> <figcaption>Bars</figcaption> <caption>How many</caption>"
    "<caption>Table 1. As printed</caption> <figcaption>Lines</figcaption>"
)


def test_tables_and_figures_are_counted_each_for_themselves_and_printed_numbers_stay():
    assert numbered(PAGE, "5a") == (
        "<caption>Table 5a.1. Who</caption> <figcaption>Figure 5a.1. Bars</figcaption> "
        "<caption>Table 5a.2. How many</caption>"
        "<caption>Table 1. As printed</caption> <figcaption>Figure 5a.2. Lines</figcaption>"
    )
    assert numbered(PAGE, "") == PAGE


def test_parts_of_a_table_have_one_number():
    parts = "<caption>A (part 1 of 2)</caption><caption>A (part 2 of 2)</caption>"
    assert numbered(parts, "4") == (
        "<caption>Table 4.1. A (part 1 of 2)</caption><caption>Table 4.1. A (part 2 of 2)</caption>"
    )


def test_no_two_entries_of_the_run_list_share_a_prefix_also_when_some_are_run():
    entries = read_run_list()
    prefixes = [prefix_of(name, entries) for name in entries]
    assert len({*prefixes}) == len(prefixes)
    (alone,) = [step for name, step in plan(entries, ["05_regression_t2"]).items() if "05" in name]
    assert alone.prefix == "5b"
