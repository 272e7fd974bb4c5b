"""A Word document read back with python-docx, which had no part in writing it, and compared with
the table that it should hold.
"""

from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from zipfile import ZipFile

from docx import Document
from docx.oxml.ns import qn
from docx.table import Table as WordTable
from docx.table import _Row as WordRow

import mothers_margins as mm


def plain(text: str) -> str:
    """A text with one plain blank for every blank, break or indent."""
    return " ".join(text.split())


def part(path: Path, name: str) -> str:
    """One part of a document, as text."""
    with ZipFile(path) as archive:
        return archive.read(name).decode()


def alter(path: Path, name: str, change: Callable[[str], str]) -> Path:
    """The document with one part changed, beside it: a planted fault."""
    altered = path.with_name("altered.docx")
    with ZipFile(path) as archive, ZipFile(altered, "w") as new:
        for entry in archive.namelist():
            content = archive.read(entry)
            new.writestr(entry, change(content.decode()) if entry == name else content)
    assert part(altered, name) != part(path, name), "nothing was planted"
    return altered


def only_table(path: Path) -> WordTable:
    (table,) = Document(str(path)).tables
    return table


def grid(table: WordTable) -> list[list[str]]:
    """What stands at each place; a merged cell stands at each of its places."""
    return [[plain(cell.text) for cell in row.cells] for row in table.rows]


def raised(row: WordRow) -> list[str]:
    """The letters of a row that are superscript."""
    runs = [
        run
        for cell in dict.fromkeys(row.cells)
        for paragraph in cell.paragraphs
        for run in paragraph.runs
    ]
    return [run.text for run in runs if run.font.superscript]


def has(row: WordRow, switch: str) -> bool:
    """Whether a switch of a row is on."""
    node = row._tr.find(f"{qn('w:trPr')}/{qn(switch)}")
    return node is not None and node.get(qn("w:val"), "on") in ("on", "1", "true")


def headings(table: mm.Table) -> list[list[str]]:
    """The rows of headings as they should stand in the grid."""
    own = [plain(f"{column.heading} {column.size_text}") for column in table.columns]
    if not any(column.spanner for column in table.columns):
        return [[plain(table.stub), *own]]
    above = [
        plain(column.spanner) or heading for column, heading in zip(table.columns, own, strict=True)
    ]
    return [[plain(table.stub), *above], [plain(table.stub), *own]]


def body(table: mm.Table) -> list[tuple[list[str], list[str]]]:
    """The rows under them, each with the letters that should be superscript."""
    width = len(table.columns) + 1
    rows = []
    for section in table.sections:
        if section.title:
            letters = [section.mark] if section.mark else []
            rows.append(([plain(section.title + section.mark)] * width, letters))
        for row in section.rows:
            cells = [plain(table.print(cell) + cell.mark) for cell in row.cells]
            texts = [plain(row.label), *cells] if row.cells else [plain(row.label)] * width
            rows.append((texts, [cell.mark for cell in row.cells if cell.mark]))
    return rows


def differences(table: mm.Table, path: Path) -> list[str]:
    """In what a document is not the table that it should hold."""
    found = []
    read = only_table(path)
    captions = [one.text for one in Document(str(path)).paragraphs if one.text]
    if captions != [table.caption]:
        found.append("caption")
    expected = [*headings(table), *(texts for texts, _ in body(table))]
    foot = plain(" ".join(text for pair in table.notes for text in pair))
    shown = grid(read)
    for place, (row, texts) in enumerate(zip(shown, expected, strict=False)):
        found += [f"row {place}: {a} is not {b}" for a, b in zip(row, texts, strict=True) if a != b]
    if len(shown) != len(expected) + 1:
        found.append(f"{len(shown)} rows, {len(expected) + 1} expected")
    source = f"{table.mark}. {table.source}" if table.mark else table.source
    if shown[-1][0] != plain(f"{foot} {source}"):
        found.append("foot")
    for row, (_, letters) in zip(read.rows[len(headings(table)) :], body(table), strict=False):
        if raised(row) != letters:
            found.append(f"letters {raised(row)} are not {letters}")
    for place, row in enumerate(read.rows):
        if has(row, "w:tblHeader") != (place < len(headings(table))):
            found.append(f"row {place}: repeated or not")
        if has(row, "w:cantSplit") == (place == len(read.rows) - 1):
            found.append(f"row {place}: parted or not")
    found += _spans(table, read)
    return found


def _spans(table: mm.Table, read: WordTable) -> list[str]:
    """Whether each shared heading is one cell over its own columns."""
    runs = [
        len(list(run)) if spanner else 1
        for spanner, columns in groupby(table.columns, key=lambda column: column.spanner)
        for run in ([columns] if spanner else [[column] for column in columns])
    ]
    cells = read.rows[0]._tr.findall(qn("w:tc"))
    spans = [cell.grid_span for cell in cells]
    return [] if spans == [1, *runs] else [f"spans {spans} are not {[1, *runs]}"]
