"""Tables in Typst's words: upright where they fit, and whole where they are short."""

import pytest

from mothers_margins.report.text_tables import told
from mothers_margins.report.typst_table import LYING, UPRIGHT, laid_out, typst_table
from mothers_margins.tables.table import Cell, Column, Row, Section, Table


@pytest.fixture
def table(esmi):
    def make(rows: int, columns: int, pattern: str = "{n}") -> Table:
        numbers = {"n": 12345678.0}
        cells = tuple(Cell(pattern, numbers) for _ in range(columns))
        return Table(
            name="t",
            caption="T",
            stub="Row",
            columns=tuple(Column(str(place), f"Column {place}") for place in range(columns)),
            sections=(Section("S", tuple(Row(f"r{n}", cells) for n in range(rows))),),
            notes=(("a", "A note"),),
            mark="",
            source="",
            rounding=esmi.file.rounding,
        )

    return make


def test_few_columns_stand_upright_and_many_lie(table):
    assert laid_out(table(3, 4)).room == UPRIGHT
    assert laid_out(table(3, 14)).room == LYING
    for columns in (4, 14):
        laid = laid_out(table(3, columns))
        assert sum(laid.widths) == pytest.approx(laid.room)


def test_a_short_table_is_not_divided_and_a_long_one_is(table):
    assert "breakable: false)[" in typst_table(table(20, 3), "T", "t", str)
    assert "breakable: true)[" in typst_table(table(60, 3), "T", "t", str)


def test_a_table_of_texts_may_always_be_divided(esmi):
    texts = told(esmi, "t", "T", ("a", "b"), [("x", "long")])
    assert "breakable: true)[" in typst_table(texts, "T", "t", str)


def test_letters_and_hidden_numbers_stand_in_it(table, esmi):
    made = table(1, 1)
    hidden = Row("h", (Cell("{n}", {"n": 1.0}, "suppressed", "a"),))
    with_hidden = Table(**{**vars(made), "sections": (Section("S", (hidden,)),)})
    written = typst_table(with_hidden, "T", "t", str)
    assert '[#text("[c]")#super("a")]' in written
    assert "12345678" not in written
