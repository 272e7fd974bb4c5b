"""Of a table what is all held back becomes a sentence; of columns, a note."""

from math import nan

from mothers_margins.front_page.hidden import is_all_hidden, without_hidden_columns
from mothers_margins.results.shown import Hidden, Missing, Number
from mothers_margins.study.study_file import Rounding
from mothers_margins.tables.table import Cell, Column, Row, Section, Table
from mothers_margins.wording.front_page import all_hidden

EMPTY = Cell("")


def known(number: float, mark: str = "") -> Cell:
    return Cell("{n}", {"n": Number(number)}, "shown", mark)


def hidden(mark: str = "") -> Cell:
    return Cell("{n}", {"n": Hidden()}, "suppressed", mark)


def missing() -> Cell:
    return Cell("{n}", {"n": Missing(nan)}, "missing")


def table(*rows: tuple[Cell, ...], notes: tuple[tuple[str, str], ...] = ()) -> Table:
    columns = tuple(Column(f"c{place}", f"Column {place}") for place in range(len(rows[0])))
    section = Section("", (Row("A heading"), *(Row("A row", cells) for cells in rows)))
    rule = Rounding(rule="half_up", percent=0, mean=1)
    return Table("t", "People", "Who", columns, (section,), notes, "", "", rule)


def test_a_table_is_all_hidden_only_if_no_number_of_it_is_shown():
    assert is_all_hidden(table((hidden(), hidden()), (EMPTY, missing())))
    assert not is_all_hidden(table((hidden(), known(0))))
    assert not is_all_hidden(table((Cell("reference"), EMPTY)))  # nothing is held back
    assert not is_all_hidden(table((missing(), missing())))


def test_a_column_that_is_all_hidden_is_left_out_and_named():
    """Its letter goes with it; one that another column needs stays."""
    notes = (("", "Cells are numbers."), ("a", "Only there."), ("b", "In both."))
    given = table(
        (known(12), hidden("a"), hidden("b")),
        (known(30, "b"), missing(), known(11)),
        notes=notes,
    )
    found = without_hidden_columns(given)
    assert [column.heading for column in found.columns] == ["Column 0", "Column 2"]
    rows = [row for section in found.sections for row in section.rows]
    assert [[found.print(cell) for cell in row.cells] for row in rows] == [
        [],
        ["12", "[c]"],
        ["30", "11"],
    ]
    first, *others = found.notes
    assert first == ("", "Left out, because every number in them is held back: Column 1.")
    assert others == [notes[0], notes[2]]


def test_a_table_without_such_a_column_and_one_that_is_all_hidden_stay_as_they_are():
    for given in (table((known(1), hidden()), (hidden(), known(2))), table((hidden(), hidden()))):
        assert without_hidden_columns(given) is given


def test_what_stands_for_a_table_says_what_is_hidden_and_why(esmi):
    said = all_hidden(esmi, "Table 3. People")
    assert said.startswith("Table 3. People. Every number of this table is held back, so that no ")
    assert "no count below 10 is shown" in said
