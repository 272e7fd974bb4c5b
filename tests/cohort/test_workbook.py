"""What a workbook says of a cell beside its value: merged, hidden, an error, a date, or far from
the table.
"""

import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet

import mothers_margins as mm
from tests.cohort.test_spss_file import said_of, women

COLUMNS = ["woman_id", "side", "score", "visits", "house", "team", "ward"]  # A to G


def saved(folder: Path, change: Callable[[Worksheet], object] = lambda page: None) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    page.append(COLUMNS)
    for row in women().itertuples(index=False):
        page.append(list(row))
    change(page)
    book.save(folder / "own.xlsx")
    return folder / "own.xlsx"


@pytest.mark.parametrize(
    "area", ["E3:E5", "C2:D2", "B2:E4", "A1:B1", "E1:E2", "F5:F9", "G3:J3", "A5:G5", "A2:A3"]
)
def test_merged_cells_are_refused_in_every_direction(tmp_path, small_study, area):
    (said,) = said_of(saved(tmp_path, lambda page: page.merge_cells(area)), small_study)
    assert said == (
        f"1 area of merged cells (area {area}); unmerge them, and write into every cell what it "
        "holds"
    )


def test_all_merged_cells_and_hidden_rows_are_told_at_once(tmp_path, small_study):
    def change(page: Worksheet) -> None:
        page.merge_cells("E3:E4")
        page.merge_cells("B2:B3")
        page.row_dimensions[4].hidden = True
        page["M400"] = "own"

    far, merged, hidden = said_of(saved(tmp_path, change), small_study)
    assert far == "1 cell far from the table (cell M400); delete what stands there"
    assert merged.startswith("2 areas of merged cells (areas ")
    assert {*merged.split("(areas ")[1].split(")")[0].split(", ")} == {"E3:E4", "B2:B3"}
    assert hidden == (
        "1 row hidden, by hand or by a filter; show them if they are participants, else delete "
        "them (row 4)"
    )


def test_merged_cells_beside_and_below_the_table_hold_nothing_of_it(tmp_path, small_study):
    def change(page: Worksheet) -> None:
        page.merge_cells("I2:K9")
        page.merge_cells("A8:G9")

    assert len(mm.read_cohort(saved(tmp_path, change), small_study)) == 4


def test_rows_that_a_filter_hides_are_asked_about(tmp_path, small_study):
    def change(page: Worksheet) -> None:
        page.auto_filter.ref = "A1:G5"
        for row in (3, 5):
            page.row_dimensions[row].hidden = True

    (said,) = said_of(saved(tmp_path, change), small_study)
    assert said.startswith("2 rows hidden")
    assert said.endswith("(rows 3, 5)")


def test_a_hidden_column_and_a_comment_change_no_value(tmp_path, small_study):
    def change(page: Worksheet) -> None:
        page.column_dimensions["C"].hidden = True
        page["C3"].comment = Comment("checked", "somebody")
        page.row_dimensions[9].hidden = True  # of an empty row

    found = mm.read_cohort(saved(tmp_path, change), small_study)
    assert found.data["score"].tolist() == [10, 20.5, 30, 40]


@pytest.mark.parametrize("cell", ["C1048576", "XFD3", "XFD1048576", "A107"])
def test_a_cell_far_from_the_table_is_named_at_once(tmp_path, small_study, cell):
    """Row 1,048,576 is the last of a worksheet, XFD its last column. It was read in 118 s and
    5.8 GB; half a minute is for a slow machine.
    """
    path = saved(tmp_path, lambda page: page.__setitem__(cell, 777777))
    before = time.monotonic()
    (said,) = said_of(path, small_study)
    assert time.monotonic() - before < 30
    assert said == f"1 cell far from the table (cell {cell}); delete what stands there"


def test_a_cell_near_the_table_is_a_row_of_it(tmp_path, small_study):
    said = said_of(saved(tmp_path, lambda page: page.__setitem__("C105", 30)), small_study)
    (of_id,) = (line for line in said if line.startswith("woman_id"))
    assert of_id.startswith("woman_id: 100 rows without a value, which is required (rows 6, 7,")


def test_cells_without_a_value_are_none_wherever_they_stand(tmp_path, small_study):
    def change(page: Worksheet) -> None:
        for cell in ("C1048576", "XFD3", "B7"):
            page[cell].fill = PatternFill("solid", fgColor="FFFF00")

    before = time.monotonic()
    assert len(mm.read_cohort(saved(tmp_path, change), small_study)) == 4
    assert time.monotonic() - before < 30


def test_numbers_kept_as_text_are_the_numbers(tmp_path, small_study):
    def change(page: Worksheet) -> None:
        page["C3"] = "20.5"
        page["C3"].quotePrefix = True
        page["D4"] = "3"

    found = mm.read_cohort(saved(tmp_path, change), small_study).data
    assert found["score"].tolist() == [10, 20.5, 30, 40]
    assert found["visits"].tolist() == [1, 2, 3, 4]


ERROR = "1 row with an error of the spreadsheet program in place of a value (row 3)"


@pytest.mark.parametrize("text", ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!"])
@pytest.mark.parametrize("cell", ["A3", "C3", "D3", "E3", "F3"])
def test_an_error_is_no_value_and_no_id(tmp_path, small_study, text, cell):
    path = saved(tmp_path, lambda page: page.__setitem__(cell, text))
    (said,) = said_of(path, small_study)
    assert said == f"{COLUMNS[ord(cell[0]) - ord('A')]}: {ERROR}"


@pytest.mark.parametrize("cell", ["A3", "C3", "D3", "E3"])
@pytest.mark.parametrize("display", ["yyyy-mm-dd", "hh:mm", "[h]:mm", "mmm yy"])
def test_a_date_or_a_time_is_no_value_and_no_id(tmp_path, small_study, cell, display):
    def change(page: Worksheet) -> None:
        page[cell] = 43.5
        page[cell].number_format = display

    (said,) = said_of(saved(tmp_path, change), small_study)
    name = COLUMNS[ord(cell[0]) - ord("A")]
    assert said == f"{name}: 1 row with a date or a time; give the number that is meant (row 3)"


def test_a_formula_is_refused_with_or_without_its_last_result(tmp_path, small_study):
    (said,) = said_of(saved(tmp_path, lambda page: page.__setitem__("D3", "=1+1")), small_study)
    assert said == "visits: 1 row with a formula; paste its value (row 3)"


@pytest.mark.parametrize("drawn", [True, False])
def test_a_sheet_beside_a_chart_is_read_alike(tmp_path, small_study, drawn):
    path = saved(tmp_path)
    book = openpyxl.load_workbook(path)
    page = book.create_chartsheet("A chart", 0)
    if drawn:
        chart = BarChart()
        chart.add_data(Reference(book["Sheet"], min_col=3, min_row=1, max_row=5))
        page.add_chart(chart)
    book["Sheet"].print_title_rows = "1:1"
    book["Sheet"].merge_cells("A8:B9")
    book.save(path)
    assert mm.read_cohort(path, small_study).data["score"].tolist() == [10, 20.5, 30, 40]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'<row r="3"', b'<row r="2"'),
        (b'r="C3"', b'r="B3"'),
    ],
)
def test_a_row_or_a_cell_that_stands_twice_hides_no_other(tmp_path, small_study, before, after):
    path = saved(tmp_path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    page = "xl/worksheets/sheet1.xml"
    assert parts[page].count(before) == 1
    parts[page] = parts[page].replace(before, after)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    (said,) = said_of(path, small_study)
    assert said == "a row or a cell stands twice in it; it is damaged: save it anew"
