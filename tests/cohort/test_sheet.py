"""What the text of a value is, whatever program and container it comes from."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest

import mothers_margins as mm
from mothers_margins.cohort.sheet import A_DATE, UnreadableError, sheet_of, text_of
from tests.cohort.test_spss_file import said_of, women


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (31, "31"),
        (31.0, "31"),
        (np.int8(31), "31"),
        (np.float32(82.7), "82.7"),
        (np.float64(82.7), "82.7"),
        (Decimal("82.70"), "82.70"),
        (Decimal("31.00"), "31"),
        (Decimal("1E+3"), "1000"),
        (2**60 + 1, "1152921504606846977"),
        (-0.0, "0"),
        (float("inf"), "inf"),
        (True, "TRUE"),
        (np.False_, "FALSE"),
        *((nothing, "") for nothing in (None, pd.NA, pd.NaT, float("nan"), Decimal("nan"))),
        *((nothing, "") for nothing in (np.datetime64("NaT"), np.timedelta64("NaT"))),
        *((day, A_DATE) for day in (date(2019, 3, 1), datetime(2019, 3, 1), time(9, 30))),
        *((day, A_DATE) for day in (timedelta(1), pd.Timestamp(0), pd.Period("2019Q1"))),
        ("007", "007"),
    ],
)
def test_a_value_is_the_text_that_a_person_would_type(value, text):
    assert text_of(value) == text


@pytest.mark.parametrize(
    "value", [[1], {"a": 1}, b"w1", 1 + 2j, np.array([1, 2]), pd.Interval(0, 1)]
)
def test_what_is_no_single_value_has_no_text(value):
    with pytest.raises(UnreadableError, match="no text, number, date or truth value"):
        text_of(value)


@pytest.mark.parametrize("kind", ["object", "float64", "Float64", "category", "Int64", "int8"])
def test_numbers_are_the_same_text_in_every_container(tmp_path, kind):
    values = pd.Series([0, 1, 2, 3]).astype(kind)
    sheet = sheet_of(tmp_path / "own.parquet", pd.DataFrame({"visits": values}), {})
    assert sheet.cells[0].tolist() == ["0", "1", "2", "3"]


def in_parquet(folder, **columns):
    table = pyarrow.Table.from_pandas(women(), preserve_index=False)
    for name, cells in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, cells)
    pyarrow.parquet.write_table(table, folder / "own.parquet")
    return folder / "own.parquet"


@pytest.mark.parametrize(
    "cells",
    [
        pyarrow.array([date(2019, 3, 1)] * 4),
        pyarrow.array([datetime(2019, 3, 1)] * 4),
        pyarrow.array([time(9, 30)] * 4),
        pyarrow.array([timedelta(days=1)] * 4),
        pyarrow.array([3_000_000] * 4, pyarrow.int32()).cast(pyarrow.date32()),  # the year 10183
        pyarrow.array([10**12] * 4).cast(pyarrow.timestamp("s")),
    ],
)
def test_dates_and_times_in_parquet_are_no_numbers(tmp_path, small_study, cells):
    (said,) = said_of(in_parquet(tmp_path, visits=cells), small_study)
    assert said.startswith("visits: 4 rows with a date or a time")


def test_an_empty_cell_beside_dates_stays_empty(tmp_path, small_study):
    cells = pyarrow.array([date(2019, 3, 1), None, date(2019, 3, 1), None])
    (said,) = said_of(in_parquet(tmp_path, visits=cells), small_study)
    assert said.startswith("visits: 2 rows with a date or a time")
    assert said.endswith("(rows 1, 3)")


def test_quarters_of_pandas_are_no_numbers(tmp_path, small_study):
    """They are kept as whole numbers, 196 for the first quarter of 2019."""
    frame = women().assign(visits=pd.PeriodIndex(["2019Q1"] * 4, freq="Q"))
    frame.to_parquet(tmp_path / "own.parquet")
    (said,) = said_of(tmp_path / "own.parquet", small_study)
    assert said.startswith("visits: 4 rows with a date or a time")
    # and where the program that reads them does not know that kind
    table = pyarrow.table({"visits": pyarrow.array([196] * 4)})
    named = {b"ARROW:extension:name": b"of.another.program"}
    table = table.cast(pyarrow.schema([table.schema.field(0).with_metadata(named)]))
    pyarrow.parquet.write_table(table, tmp_path / "own.parquet")
    (said,) = said_of(tmp_path / "own.parquet", small_study)
    assert said == "column 1: a cell holds what is no text, number, date or truth value"


def test_long_ids_in_parquet_keep_every_digit(tmp_path, small_study):
    """2^53 + 1 is the first whole number that a double does not have."""
    ids = [2**53, 2**53 + 1, 2**53 + 2, 2**53 + 3]
    cells = pyarrow.array([*ids[:3], None], pyarrow.int64())
    said = said_of(in_parquet(tmp_path, woman_id=cells), small_study)
    assert said == ("woman_id: 1 row without a value, which is required (row 4)",)
    found = mm.read_cohort(in_parquet(tmp_path, woman_id=pyarrow.array(ids)), small_study)
    assert found.data["woman_id"].tolist() == [str(identifier) for identifier in ids]


def test_ids_in_bytes_are_refused(tmp_path, small_study):
    (said,) = said_of(in_parquet(tmp_path, woman_id=pyarrow.array([b"w"] * 4)), small_study)
    assert said == "column 1: a cell holds what is no text, number, date or truth value"
