"""Every way in which the files of a study can be broken, one kind at a time: each is refused, with
the place, without a value. The fourth row of data carries what is wrong: row 5 of a spreadsheet,
row 4 of a file whose names are no row."""

import json
import os
import signal
import socket
import struct
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pandas as pd
import pyreadstat
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.formula import ArrayFormula

import mothers_margins as mm
from mothers_margins.cli import main
from tests.conftest import REPOSITORY

DEMO = REPOSITORY / "data_dictionary" / "esmi" / "dyads_synthetic.csv"
PLANTED = "Zz-planted-77"  # the id of the fourth row, and what stands in broken cells
ID = PLANTED.encode()
SECRETS = (PLANTED, "777777", "Wq-0", "ESYN0")
ROW = 3
Rows = pd.DataFrame
Change = Callable[[Rows], Rows]


class Kind(NamedTuple):
    """write: makes the broken input in a folder and returns its path. said: a line of the error, or
    several where a file is broken in several ways. problems: how many lines it has, if not one each
    (0: however many). hidden: text that may appear nowhere, beside SECRETS."""

    write: Callable[[Path], Path]
    said: str | tuple[str, ...]
    problems: int | None = None
    hidden: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        return (self.said,) if isinstance(self.said, str) else self.said


# ---- the file that is broken: 25 of the synthetic rows as a restricted file holds them, and its
# five formats

SETTLED = {
    "age_years": "31",
    "relationship": "single",
    "children_total": "2",
    "other_children_csc": "No",
    "country": "England",
    "deprivation_index": "IMD 2015",
    "deprivation_rank": "500",
    "satisfaction": "82.7",
    "readmitted_1y": "No",
    "days_to_readmission": ".n",
    "safeguarding_t1": "none",
    "safeguarding_t2": "none",
    "custody_t2": "Yes",
    "custody_lost_by_t2": "No",
    "cas_ever_relationship": "Yes",
    "cas_04": "2",
}
CAS = [f"cas_{number:02d}" for number in range(1, 31)]


@cache
def _demo() -> Rows:
    return pd.read_csv(DEMO, dtype="object", keep_default_na=False)


def put(frame: Rows, row: int = ROW, **cells: Any) -> Rows:
    frame = frame.copy()
    for name, value in cells.items():
        frame.at[row, name] = value
    return frame


@cache
def _own() -> Rows:
    frame = (
        _demo()
        .query("cas_ever_relationship == 'Yes'")
        .head(25)
        .drop(columns="data_status")
        .reset_index(drop=True)
    )
    return put(
        frame.assign(**SETTLED, dyad_id=[f"Wq-{number:04d}" for number in range(25)]),
        dyad_id=PLANTED,
    )


def own() -> Rows:
    return _own().copy()


def made_up() -> Rows:
    return _demo().head(25)


def in_fifths(frame: Rows) -> Rows:
    return frame.rename(columns={"deprivation_rank": "deprivation_quintile"}).assign(
        deprivation_quintile="1"
    )


def numbers(frame: Rows, name: str) -> Rows:
    return frame.assign(**{name: pd.to_numeric(frame[name], errors="coerce").astype("float64")})


def sheet(frame: Rows, cell: str, value: Any, style: str = "General") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.append(list(frame.columns))
    for row in frame.itertuples(index=False):
        book.active.append(list(row))
    book.active[cell].value, book.active[cell].number_format = value, style
    return book


WRITERS: dict[str, Callable[[Rows, Path], object]] = {
    ".csv": lambda frame, path: frame.to_csv(path, index=False, lineterminator="\n"),
    ".dta": lambda frame, path: frame.to_stata(path, write_index=False, version=118),
    ".xlsx": lambda frame, path: frame.to_excel(path, index=False),
    ".parquet": lambda frame, path: frame.to_parquet(path),
    ".sav": lambda frame, path: pyreadstat.write_sav(frame, str(path)),
}


def written(suffix: str, change: Change = lambda frame: frame) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        WRITERS[suffix](change(own()), folder / f"own{suffix}")
        return folder / f"own{suffix}"

    return write


def damaged(suffix: str, change: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = written(suffix)(folder)
        path.write_bytes(change(path.read_bytes()))
        return path

    return write


def saved(book: Callable[[Rows], openpyxl.Workbook]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        book(own()).save(folder / "own.xlsx")
        return folder / "own.xlsx"

    return write


def holding(name: str, content: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


def declared(*levels: str) -> str:
    return (
        "with a code that is not declared (declared: "
        + ", ".join(f"'{level}'" for level in levels)
        + ")"
    )


KINDS: dict[str, Kind] = {}

# ---- cells of the fourth row, as .csv; kinds of different columns share a file, because reading
# takes longest

YES_NO, FORMULA = declared("Yes", "No"), "with a formula; paste its value"
PATTERN = "with a value that does not have the declared pattern "
ID_PATTERN, CODE = PATTERN + "[A-Za-z0-9_-]{1,20}", r"[A-Z][0-9]{2}(\.[0-9]{1,2})?"
WHOLE, NUMBER = "without a whole number", "without a number"
SAFEGUARDING = declared(
    "none",
    "assessment or referral",
    "child in need plan",
    "child protection plan",
    "looked after or court order",
)
CELLS = {
    "level not declared": (
        "ethnicity",
        PLANTED,
        declared("White British", "White Other", "Black", "Asian", "Mixed or Other"),
    ),
    "level in another case": ("relationship", "Partner", declared("partner", "single")),
    "space before a level": ("relationship", " single", declared("partner", "single")),
    "ordered level not declared": ("children_total", "4", declared("1", "2", "3+")),
    "label of the analyst's own": ("safeguarding_t1", "known to services", SAFEGUARDING),
    "index of another country": (
        "deprivation_index",
        "SIMD 2012",
        declared("IMD 2010", "IMD 2015", "WIMD 2011", "WIMD 2014"),
    ),
    "yes or no not declared": ("admissions_2y", PLANTED, YES_NO),
    "TRUE where Yes is declared": ("custody_t2", "TRUE", YES_NO),
    "rating of a need not declared": ("canm_05", "3", declared("0", "1", "2")),
    "missing code not declared, in a category": ("country", "-99", declared("England", "Wales")),
    "missing code not declared, in a number": ("honos_03", "-99", "outside 0 to 4"),
    "missing code of another variable": ("custody_t2", ".n", YES_NO),
    "missing code .z": ("ctq_07", ".z", WHOLE),
    "missing written as NA": ("bonding", "NA", NUMBER),
    "missing written as a dot": ("services_1y", ".", WHOLE),
    "text in a whole number": ("age_years", PLANTED, WHOLE),
    "text in a number": ("satisfaction", PLANTED, NUMBER),
    "decimal in a whole number": ("age_years", "29.5", WHOLE),
    "decimal in an item": ("cas_02", "2.5", WHOLE),
    "decimal comma": ("satisfaction", "82,7", NUMBER),
    "thousands with a comma": ("deprivation_rank", "22,924", WHOLE),
    "date in a whole number": ("days_in_care", "2019-03-01", WHOLE),
    "date in a number": ("bonding", "01/03/2019", NUMBER),
    "space before a number": ("infant_age_weeks", " 12", WHOLE),
    "digits of another script": ("age_years", "２９", WHOLE),
    "infinite": ("satisfaction", "inf", NUMBER),
    "not a number by name": ("satisfaction", "nan", NUMBER),
    "whole number too high": ("age_years", "777777", "outside 16 to 55"),
    "whole number too low": ("gestation_weeks", "4", "outside 22 to 43"),
    "negative": ("days_in_care", "-1", "outside 0 to 730"),
    "number too high": ("bonding", "777777", "outside 0 to 125"),
    "number just too low": ("satisfaction", "18.99", "outside 19 to 114"),
    "item too high": ("cas_01", "6", "outside 0 to 5"),
    "rank beyond every index": ("deprivation_rank", "32845", "outside 1 to 32844"),
    "diagnosis with its point misplaced": ("icd10_primary", "F5.31", PATTERN + CODE),
    "diagnosis in lower case": ("icd10_primary", "f53.1", PATTERN + CODE),
    "two diagnoses where one is declared": ("icd10_primary", "F53.0;F20.1", PATTERN + CODE),
    "diagnoses with another separator": (
        "icd10_other",
        "F53.0, F20.1",
        f"{PATTERN}none|{CODE}(;{CODE})*",
    ),
    "id with spaces": ("dyad_id", "Zz planted 77", ID_PATTERN),
    "id that is an address": ("dyad_id", "zz@planted.example", ID_PATTERN),
    "id too long": ("dyad_id", "Zz" * 11, ID_PATTERN),
    "id missing": ("dyad_id", "", "without a value, which is required"),
    "formula in an id": ("dyad_id", "=A1+77", FORMULA),
    "formula in a whole number": ("age_years", "=77+77", FORMULA),
    "formula in a number": ("satisfaction", "+77+77", FORMULA),
    "formula in a category": ("relationship", "@SUM(A1:A9)", FORMULA),
    "formula in a diagnosis": ("icd10_other", "-A1-77", FORMULA),
    "formula with a link": ("country", f'=HYPERLINK("http://x/?"&A2,"{PLANTED}")', FORMULA),
}
files: list[dict[str, str]] = []
for name, (column, _, _) in CELLS.items():
    if all(column in held for held in files):
        files.append({})
    next(held for held in files if column not in held)[column] = name
for number, held in enumerate(files, 1):
    texts = {column: CELLS[name][1] for column, name in held.items()}
    KINDS[f"cells, file {number}"] = Kind(
        written(".csv", partial(put, **texts)),
        tuple(f"{column}: 1 row {CELLS[name][2]} (row 5)" for column, name in held.items()),
        hidden=tuple(text for text in texts.values() if len(text) > 3),
    )

# ---- combinations: what the study says is impossible, a row each of one file, and items behind a
# closed gate

GATE = "not applicable: never in an adult relationship"
CLOSED = f"1 row with Composite Abuse Scale, modified answered, which cannot be: {GATE} (row 5)"
IMPOSSIBLE = {
    "rank without country": (
        {"country": ".c"},
        "deprivation_rank and country",
        "English and Welsh ranks are not comparable, so a rank needs its country",
    ),
    "rank without index": (
        {"deprivation_index": ""},
        "deprivation_rank and deprivation_index",
        "a rank needs the index that it is a rank of",
    ),
    "Welsh index in England": (
        {"deprivation_index": "WIMD 2011"},
        "country and deprivation_index",
        "the Welsh index does not rank areas of England",
    ),
    "English index in Wales": (
        {"country": "Wales"},
        "country and deprivation_index",
        "the English index does not rank areas of Wales",
    ),
    "rank beyond the index of 2010": (
        {"deprivation_index": "IMD 2010", "deprivation_rank": "32483"},
        "deprivation_index and deprivation_rank",
        "the index of 2010 ranks 32,482 areas",
    ),
    "rank beyond the Welsh index of 2011": (
        {"country": "Wales", "deprivation_index": "WIMD 2011", "deprivation_rank": "1897"},
        "deprivation_index and deprivation_rank",
        "the Welsh index of 2011 ranks 1,896 areas",
    ),
    "rank beyond the Welsh index of 2014": (
        {"country": "Wales", "deprivation_index": "WIMD 2014", "deprivation_rank": "1910"},
        "deprivation_index and deprivation_rank",
        "the Welsh index of 2014 ranks 1,909 areas",
    ),
    "days to no re-admission": (
        {"days_to_readmission": "30"},
        "readmitted_1y and days_to_readmission",
        "days to a re-admission that is recorded not to have happened",
    ),
    "other children of a first-time mother": (
        {"children_total": "1", "other_children_csc": "Yes"},
        "children_total and other_children_csc",
        "with one child in all there is no other child",
    ),
    "days to a re-admission of which nothing is known": (
        {"readmitted_1y": "", "days_to_readmission": "30"},
        "readmitted_1y and days_to_readmission",
        "days to a re-admission that is not recorded",
    ),
    "partner of somebody never in a relationship": (
        {"relationship": "partner", **dict.fromkeys(CAS, ".n"), "cas_ever_relationship": "No"},
        "relationship and cas_ever_relationship",
        "a partner at the acute episode, and never in an adult relationship",
    ),
    "without custody that was never lost": (
        {"custody_t2": "No"},
        "custody_t2 and custody_lost_by_t2",
        "without custody at timepoint 2 although custody was never lost",
    ),
}


def _combined(frame: Rows) -> Rows:
    for row, (cells, _, _) in enumerate(IMPOSSIBLE.values(), ROW):
        frame = put(frame, row, **cells)
    return frame


KINDS["impossible combinations"] = Kind(
    written(".csv", _combined),
    tuple(
        f"1 row with a combination of {named}, which cannot be: {reason} (row {row})"
        for row, (_, named, reason) in enumerate(IMPOSSIBLE.values(), ROW + 2)
    ),
)
KINDS |= {
    "instrument answered behind a closed gate": Kind(
        written(".csv", partial(put, cas_ever_relationship="No")), CLOSED
    ),
    "one item answered behind a closed gate": Kind(
        written(
            ".csv",
            partial(
                put, **dict.fromkeys(CAS, ".n") | {"cas_ever_relationship": "No", "cas_04": "2"}
            ),
        ),
        CLOSED,
    ),
}

KINDS["item that does not apply behind an open gate"] = Kind(
    written(".csv", partial(put, cas_04=".n")),
    "1 row where Composite Abuse Scale, modified does not apply, which cannot be: "
    "only behind its closed gate are its items not asked (row 5)",
)

# ---- rows and columns

UNIQUE = "with a value that another row has too; it must be unique"
BESIDE = "is supplied beside what it is made from; leave one of them out"
MARKED = "data_status: every row must say 'synthetic', or the column must be left out"
FRAMES: dict[str, tuple[Any, ...]] = {
    "id twice": (
        lambda f: put(f, row=10, dyad_id=PLANTED),
        f"dyad_id: 2 rows {UNIQUE} (rows 5, 12)",
    ),
    "dyad twice": (lambda f: f.loc[[*f.index, ROW]], f"dyad_id: 2 rows {UNIQUE} (rows 5, 27)"),
    "column missing": (
        lambda f: f.drop(columns="satisfaction"),
        "column 'satisfaction' is missing",
    ),
    "id column missing": (lambda f: f.drop(columns="dyad_id"), "column 'dyad_id' is missing"),
    "column extra": (
        lambda f: f.assign(**{PLANTED: "1"}),
        "1 column that the schema does not declare (column 126)",
    ),
    "numbers of rows as a column": (
        lambda f: f.reset_index(names=""),
        "1 column that the schema does not declare (column 1)",
    ),
    "derived variable as a column": (
        lambda f: f.assign(personality_disorder="No"),
        "1 column that the schema does not declare (column 126)",
    ),
    "column twice": (
        lambda f: pd.concat([f, f[["age_years"]]], axis=1),
        "column 'age_years' stands more than once",
    ),
    "column renamed": (
        lambda f: f.rename(columns={"country": PLANTED}),
        "column 'country' is missing",
        2,
    ),
    "column in another case": (
        lambda f: f.rename(columns=str.upper),
        "column 'dyad_id' is missing",
        0,
    ),
    "names missing": (
        lambda f: f.set_axis([*f.iloc[ROW, :-1], PLANTED], axis=1),
        "column 'dyad_id' is missing",
        0,
    ),
    "score beside its items": (lambda f: f.assign(cas_total="12"), f"column 'cas_total' {BESIDE}"),
    "score beside some of its items": (
        lambda f: f.drop(columns=CAS[1:]).assign(cas_total="12"),
        f"column 'cas_total' {BESIDE}",
        2,
    ),
    "instrument missing": (
        lambda f: f.drop(columns=CAS),
        "30 of 30 columns cas_01 to cas_30 are missing; if only a score was kept, name it one "
        "of: cas_total",
    ),
    "fifth without country": (
        lambda f: put(in_fifths(f), country=".c"),
        "1 row with a combination of deprivation_quintile and country, which cannot be: "
        "fifths are made within the country, so a supplied one needs its country (row 5)",
    ),
    "fifth beside its rank": (
        lambda f: f.assign(deprivation_quintile="1"),
        f"column 'deprivation_quintile' {BESIDE}",
    ),
    "score too high": (
        lambda f: put(f.drop(columns=CAS).assign(cas_total="12"), cas_total="777777"),
        "cas_total: 1 row outside 0 to 150 (row 5)",
    ),
    "fifth that there is not": (
        lambda f: put(in_fifths(f), deprivation_quintile="6"),
        f"deprivation_quintile: 1 row {declared('1', '2', '3', '4', '5')} (row 5)",
    ),
    "score behind a closed gate": (
        lambda f: put(
            f.drop(columns=CAS).assign(cas_ever_relationship="Yes", cas_total="12"),
            cas_ever_relationship="No",
        ),
        CLOSED,
    ),
    "made-up rows without their mark": (
        lambda _: made_up().drop(columns="data_status"),
        "it holds made-up rows without the column that marks them; put that column back",
    ),
    "one made-up row": (
        lambda f: put(f, dyad_id="ESYN001"),
        "it holds made-up rows without the column that marks them; put that column back",
    ),
    "a row without the mark": (lambda _: put(made_up(), data_status=""), MARKED),
    "no row with the mark": (lambda f: f.assign(data_status=".c"), MARKED, 2),
    "rows of their own marked as made up": (
        lambda f: f.assign(data_status="synthetic"),
        "data_status: 25 rows with ids that do not begin with ESYN, so they are not made up; "
        "leave the column out",
    ),
    "another mark": (
        lambda _: put(made_up(), data_status=PLANTED),
        f"data_status: 1 row {declared('synthetic')} (row 5)",
        2,
    ),
    "names only": (lambda f: f.head(0), "it holds no rows of data"),
}
KINDS |= {name: Kind(written(".csv", change), *rest) for name, (change, *rest) in FRAMES.items()}

# ---- bytes, and files that are not what their name says

NOT_TEXT = "it is not comma-separated text in UTF-8"
PNG, ZIP, OLE = (
    b"\x89PNG\r\n\x1a\n\x00\x00",
    b"PK\x03\x04\x14\x00\x00\x00\x08\x00\xff\xfe",
    b"\xd0\xcf\x11\xe0" * 200,
)
CUT = {suffix: f"it cannot be read as a {suffix} file; it may be cut short" for suffix in WRITERS}
NOT_WHOLE = "it does not hold the rows and value labels that it says it has"
KINDS |= {
    "empty": Kind(holding("own.csv", b""), "it holds no rows of data"),
    "cut short within a row": Kind(
        damaged(".csv", lambda raw: raw[: raw.index(ID) + 60]),
        "1 row with too many or too few cells (row 5)",
    ),
    "cut short within quotes": Kind(
        damaged(".csv", lambda raw: raw[: raw.index(ID)] + b'"' + ID), NOT_TEXT
    ),
    "quotes in the middle of a cell": Kind(
        damaged(".csv", lambda raw: raw.replace(ID, b'"Zz-planted"-77')), NOT_TEXT
    ),
    "semicolons": Kind(
        damaged(".csv", lambda raw: raw.replace(b",", b";").replace(b".", b",")),
        "it has one column only; cells must be separated by commas",
    ),
    "tabs": Kind(
        damaged(".csv", lambda raw: raw.replace(b",", b"\t")),
        "it has one column only; cells must be separated by commas",
    ),
    "a first line for Excel": Kind(
        damaged(".csv", lambda raw: b"sep=,\n" + raw),
        "26 rows with too many or too few cells (rows 2, 3, 4, 5, 6, 7, 8, 9 and 18 more)",
    ),
    "Windows letters": Kind(
        damaged(
            ".csv", lambda raw: raw.replace(b"single", "Zz-planted-77 café".encode("cp1252"), 1)
        ),
        NOT_TEXT,
    ),
    "UTF-16": Kind(damaged(".csv", lambda raw: raw.decode().encode("utf-16")), NOT_TEXT),
    "UTF-16 without its mark": Kind(
        damaged(".csv", lambda raw: raw.decode().encode("utf-16-le")), NOT_TEXT
    ),
    "NUL in a cell": Kind(
        damaged(".csv", lambda raw: raw.replace(b"single", b"sin\0gle", 1)), NOT_TEXT
    ),
    "NUL bytes only": Kind(holding("own.csv", b"\0" * 4096), NOT_TEXT),
    "zip named .csv": Kind(holding("own.csv", ZIP), NOT_TEXT),
    "picture named .csv": Kind(holding("own.csv", PNG), NOT_TEXT),
    "workbook with a password": Kind(holding("own.xlsx", OLE), CUT[".xlsx"]),
    "Word file": Kind(
        holding("own.docx", ZIP), "it is not a .csv, .dta, .xlsx, .parquet or .sav file"
    ),
    "old workbook": Kind(
        holding("own.xls", OLE), "it is not a .csv, .dta, .xlsx, .parquet or .sav file"
    ),
    "no suffix": Kind(holding("own", PNG), "it is not a .csv, .dta, .xlsx, .parquet or .sav file"),
    "no such file": Kind(
        lambda folder: folder / "gone.csv", "there is no such file, or it may not be read"
    ),
    "folder of pictures": Kind(
        lambda folder: holding("scan.png", PNG)(folder).parent,
        "there is no such file, or it may not be read",
        0,
    ),
    "no such sources.yaml": Kind(
        lambda folder: folder / "mapping.yaml", "there is no such file, or it may not be read"
    ),
}
for suffix in (".dta", ".xlsx", ".parquet", ".sav"):
    KINDS |= {
        f"{suffix} cut in half": Kind(
            damaged(suffix, lambda raw: raw[: len(raw) // 2]),
            NOT_WHOLE if suffix == ".dta" else CUT[suffix],
        ),
        f"{suffix} without its end": Kind(
            damaged(suffix, lambda raw: raw[: -len(raw) // 50]),
            NOT_WHOLE if suffix == ".dta" else CUT[suffix],
        ),
        f"{suffix} of no bytes": Kind(holding(f"own{suffix}", b""), CUT[suffix]),
        f"picture named {suffix}": Kind(holding(f"own{suffix}", PNG), CUT[suffix]),
        f"level not declared in {suffix}": Kind(
            written(suffix, partial(put, country=PLANTED)),
            f"country: 1 row {declared('England', 'Wales')} (row {5 if suffix == '.xlsx' else 4})",
        ),
        f"no rows in {suffix}": Kind(
            written(suffix, lambda frame: frame.head(0)), "it holds no rows of data"
        ),
    }


# ---- what only one format can hold


def _stata_z(folder: Path) -> Path:
    ages = own()["age_years"].astype(float).astype(object)
    ages[ROW] = "z"
    pyreadstat.write_dta(
        own().assign(age_years=ages),
        str(folder / "own.dta"),
        missing_user_values={"age_years": ["z"]},
    )
    return folder / "own.dta"


def _stata_rows(raw: bytes) -> bytes:
    at = raw.index(b"<N>") + 3
    return raw[:at] + struct.pack("<Q", 10**13) + raw[at + 8 :]


def _labelled_nine(folder: Path) -> Path:
    frame = put(own().assign(canm_05=0.0), canm_05=9.0)
    pyreadstat.write_sav(
        frame, str(folder / "own.sav"), variable_value_labels={"canm_05": {9: PLANTED}}
    )
    return folder / "own.sav"


def _labelled_answer(folder: Path) -> Path:
    """Answers to items have labels, which say nothing but what they mean; one says that there is
    none."""
    frame = put(own().assign(cas_04=2.0, cas_05=1.0), cas_04=5.0)
    labels = {"cas_04": {2: "sometimes", 5: "Not known"}, "cas_05": {1: "once"}}
    pyreadstat.write_sav(frame, str(folder / "own.sav"), variable_value_labels=labels)
    return folder / "own.sav"


def _two_sheets(frame: Rows) -> openpyxl.Workbook:
    book = sheet(frame, "B5", 31)
    book.create_sheet(PLANTED)
    return book


def _blank_row(frame: Rows) -> openpyxl.Workbook:
    book = sheet(frame, "B5", 31)
    book.active.insert_rows(5)
    return book


def _titled(frame: Rows) -> openpyxl.Workbook:
    book = sheet(frame, "B5", 31)
    book.active.insert_rows(1, 2)
    book.active["A1"].value = PLANTED
    return book


AGE = "age_years: 1 row without a whole number"
DATE = "with a date or a time; give the number that is meant"
ERROR = "with an error of the spreadsheet program in place of a value"
KINDS |= {
    "undeclared missing .z in .dta": Kind(_stata_z, f"{AGE} (row 4)"),
    "float in an item of .dta": Kind(
        written(".dta", lambda f: put(numbers(f, "cas_02"), cas_02=2.5)),
        "cas_02: 1 row without a whole number (row 4)",
    ),
    "value label not declared in .dta": Kind(
        written(".dta", lambda f: f.assign(country=pd.Categorical([PLANTED] * len(f)))),
        f"country: 25 rows {declared('England', 'Wales')} (rows 1, 2, 3, 4, 5, 6, 7, 8 and 17 "
        "more)",
    ),
    "date in .dta": Kind(
        written(".dta", lambda f: f.assign(age_years=pd.Timestamp("2019-03-01"))),
        f"age_years: 25 rows {DATE} (rows 1, 2, 3, 4, 5, 6, 7, 8 and 17 more)",
    ),
    "number of rows damaged in .dta": Kind(damaged(".dta", _stata_rows), NOT_WHOLE),
    "date in .sav": Kind(
        written(".sav", lambda f: f.assign(age_years=pd.Timestamp("2019-03-01").date())),
        f"age_years: 25 rows {DATE} (rows 1, 2, 3, 4, 5, 6, 7, 8 and 17 more)",
    ),
    "missing code not declared in .sav": Kind(
        written(".sav", lambda f: put(numbers(f, "cas_02"), cas_02=-99.0)),
        "cas_02: 1 row outside 0 to 5 (row 4)",
    ),
    "missing code with a label of its own in .sav": Kind(
        _labelled_nine, "canm_05: 1 row with a label that sources.yaml does not map (row 4)"
    ),
    "answer to an item with the label of a missing code in .sav": Kind(
        _labelled_answer, "cas_04: 1 row with a label that sources.yaml does not map (row 4)"
    ),
    "true in .parquet": Kind(
        written(".parquet", lambda f: f.assign(admissions_2y=True)),
        f"admissions_2y: 25 rows {YES_NO} (rows 1, 2, 3, 4, 5, 6, 7, 8 and 17 more)",
    ),
    "list in a cell of .parquet": Kind(
        written(".parquet", lambda f: f.assign(age_years=[[777777, 777777]] * 25)),
        "column 2: a cell holds what is no text, number, date or truth value",
    ),
    "bytes damaged in .parquet": Kind(
        damaged(".parquet", lambda raw: raw[:4] + b"\xff" * 60 + raw[64:]), CUT[".parquet"]
    ),
    "NUL in a cell of .parquet": Kind(
        written(".parquet", partial(put, age_years="\0not supplied")),
        "a cell holds a character that is no text",
    ),
    "several sheets": Kind(
        saved(_two_sheets), "it has 2 sheets that fit; name one as `sheet` in sources.yaml"
    ),
    "workbook with nothing in it": Kind(
        saved(lambda _: openpyxl.Workbook()), "it holds no rows of data"
    ),
    "title above the names": Kind(saved(_titled), "column 'dyad_id' is missing", 0),
    "blank row in a workbook": Kind(
        saved(_blank_row), "dyad_id: 1 row without a value, which is required (row 5)"
    ),
    "formula in a workbook": Kind(
        saved(lambda f: sheet(f, "B5", "=SUM(777777,A1)")), f"age_years: 1 row {FORMULA} (row 5)"
    ),
    "formula in an id of a workbook": Kind(
        saved(lambda f: sheet(f, "A5", f'=CONCAT("{PLANTED}",1)')),
        f"dyad_id: 1 row {FORMULA} (row 5)",
    ),
    "array formula in a workbook": Kind(
        saved(lambda f: sheet(f, "B5", ArrayFormula("B5:B5", "=SUM(777777)"))),
        f"age_years: 1 row {FORMULA} (row 5)",
    ),
    "date in a workbook": Kind(
        saved(lambda f: sheet(f, "B5", pd.Timestamp("2019-03-01"), "yyyy-mm-dd")),
        f"age_years: 1 row {DATE} (row 5)",
        hidden=("2019",),
    ),
    "date beyond the calendar in a workbook": Kind(
        saved(lambda f: sheet(f, "B5", 777777777, "yyyy-mm-dd")),
        f"age_years: 1 row {ERROR} (row 5)",
    ),
    "TRUE in a workbook": Kind(
        saved(lambda f: sheet(f, "D5", True)),
        f"relationship: 1 row {declared('partner', 'single')} (row 5)",
    ),
    "error value in a workbook": Kind(
        saved(lambda f: sheet(f, "B5", "#N/A")), f"age_years: 1 row {ERROR} (row 5)"
    ),
    "text beside the table in a workbook": Kind(
        saved(lambda f: sheet(f, "EA9", PLANTED)), "that the schema does not declare", 0
    ),
}

# ---- folders: sources.yaml, its tables and corrections.csv

Plan = dict[str, Any]
Tables = dict[str, Any]


def in_folder(
    change: Callable[[Plan, Tables], object] = lambda plan, tables: None,
    text: Callable[[str], str] = str,
) -> Callable[[Path], Path]:
    """A folder with two tables, main.csv and cas.csv. change: of the plan and the tables, in place;
    text: of the sources.yaml. A table that is made None is not written; one that is bytes is
    written as it is."""

    def write(folder: Path) -> Path:
        cas = ["cas_ever_relationship", *CAS]
        tables: Tables = {"main.csv": own().drop(columns=cas), "cas.csv": own()[["dyad_id", *cas]]}
        named = {name: name for name in tables["main.csv"] if name != "dyad_id"}
        plan: Plan = {
            "tables": [
                {"file": "main.csv", "id": "dyad_id", "variables": named},
                {
                    "file": "cas.csv",
                    "id": "dyad_id",
                    "variables": {"cas_ever_relationship": "cas_ever_relationship"},
                    "items": {"cas": "cas_{nn}"},
                },
            ]
        }
        change(plan, tables)
        (folder / "tables").mkdir()
        for name, table in tables.items():
            if isinstance(table, bytes):
                (folder / "tables" / name).write_bytes(table)
            elif table is not None:
                table.to_csv(folder / "tables" / name, index=False, lineterminator="\n")
        (folder / "tables" / "sources.yaml").write_text(
            text(json.dumps(plan, indent=1)), encoding="utf-8"
        )
        return folder / "tables"

    return write


def of_plan(**keys: Any) -> Callable[[Plan, Tables], object]:
    return lambda plan, _: plan["tables"][1].update(keys)


def of_variables(**named: Any) -> Callable[[Plan, Tables], object]:
    return lambda plan, _: plan["tables"][0]["variables"].update(named)


def of_table(name: str, change: Callable[[Any], Any]) -> Callable[[Plan, Tables], object]:
    return lambda _, tables: tables.update({name: change(tables[name])})


def both(*changes: Callable[[Plan, Tables], object]) -> Callable[[Plan, Tables], object]:
    return lambda plan, tables: [change(plan, tables) for change in changes]


STATUS = {"from": "relationship", "values": {"partner": "partner", "single": "single"}}
SOURCES: dict[str, tuple[Any, ...]] = {
    "label not mapped": (
        both(
            of_variables(relationship=STATUS),
            of_table("main.csv", partial(put, relationship=PLANTED)),
        ),
        "relationship: 1 row with a label that sources.yaml does not map (row 5 of main.csv)",
    ),
    "label not mapped where empty cells are": (
        both(
            of_variables(
                relationship={"from": "relationship", "values": {"single": "single", "": ".a"}}
            ),
            of_table(
                "main.csv", lambda f: put(f.assign(relationship="single"), relationship=PLANTED)
            ),
        ),
        "relationship: 1 row with a label that sources.yaml does not map (row 5 of main.csv)",
    ),
    "empty cells given a meaning, for a whole table": (
        both(
            lambda plan, _: plan["tables"][0].update(missing={"": ".a"}),
            of_table("main.csv", partial(put, relationship=PLANTED)),
        ),
        f"relationship: 1 row {declared('partner', 'single')} (row 5 of main.csv)",
    ),
    "missing code that means a level": (
        of_variables(relationship={"from": "relationship", "missing": {"-99": "single"}}),
        "sources.yaml: main.csv: relationship: 'single' is no level or missing code",
    ),
    "missing code that means a level, for a whole table": (
        lambda plan, _: plan["tables"][0].update(missing={"-99": "single"}),
        "'single'",
    ),
    "several columns of what is no diagnosis": (
        of_variables(relationship={"from": ["relationship", "country"]}),
        "sources.yaml: main.csv: relationship: several columns can only be joined for diagnosis "
        "codes",
    ),
    "no column named": (
        of_variables(relationship={"from": []}),
        "sources.yaml: tables.0.variables.relationship.from: must not be empty",
    ),
    "not held although it is needed": (
        lambda plan, _: plan.update(not_held=["safeguarding_t1"]),
        "sources.yaml: not_held: 'safeguarding_t1' is needed",
    ),
    "not held and not there": (
        lambda plan, _: plan.update(not_held=["age"]),
        "sources.yaml: not_held: no variable 'age'",
    ),
    "not held and yet mapped": (lambda plan, _: plan.update(not_held=["country"]), "country"),
    "label mapped to no level": (
        of_variables(relationship={**STATUS, "values": {"single": "alone"}}),
        "sources.yaml: main.csv: relationship: 'alone' is no level or missing code",
    ),
    "variable that there is not": (
        of_variables(age_yeers="age_years"),
        "sources.yaml: main.csv: no variable 'age_yeers'; did you mean 'age_years'?",
    ),
    "instrument that there is not": (
        of_plan(items={"cast": "cas_{nn}"}),
        "sources.yaml: cas.csv: no instrument 'cast'",
    ),
    "key that there is not": (
        of_plan(ids="dyad_id"),
        "sources.yaml: tables.1.ids: this key is not part of the format",
    ),
    "others neither refused nor ignored": (
        of_plan(others="maybe"),
        "sources.yaml: tables.1.others: input should be 'refuse' or 'ignore'",
    ),
    "no table named": (
        lambda plan, _: plan.update(tables=[]),
        "sources.yaml: tables: must not be empty",
    ),
    "variable in two tables": (
        of_plan(variables={"country": "cas_ever_relationship"}),
        "sources.yaml: country stands 2 times",
    ),
    "items in two tables": (
        lambda plan, _: plan["tables"][0].update(items={"cas": "cas_{nn}"}),
        "sources.yaml: cas_01 stands 2 times",
        30,
    ),
    "item named twice": (
        of_plan(variables={"cas_ever_relationship": "cas_ever_relationship", "cas_01": "cas_02"}),
        "sources.yaml: cas_01 stands 2 times",
    ),
    "items without their number": (
        of_plan(items={"cas": "cas_01"}, others="ignore"),
        "cas.csv: column 'cas_01' is named for several variables",
    ),
    "file that is not there": (
        of_table("cas.csv", lambda _: None),
        "cas.csv: there is no such file, or it may not be read",
    ),
    "file in another folder": (
        of_plan(file="../cas.csv"),
        "sources.yaml: tables.1.file: string should match",
    ),
    "file in another folder, of Windows": (
        of_plan(file="..\\cas.csv"),
        "sources.yaml: tables.1.file: string should match",
    ),
    "table of an unknown kind": (
        both(of_plan(file="cas.docx"), lambda _, tables: tables.update({"cas.docx": ZIP})),
        "cas.docx: it is not a .csv, .dta, .xlsx, .parquet or .sav file",
    ),
    "table that is a picture": (
        both(of_plan(file="cas.dta"), lambda _, tables: tables.update({"cas.dta": PNG})),
        f"cas.dta: {CUT['.dta']}",
    ),
    "table without rows": (
        of_table("cas.csv", lambda f: f.head(0)),
        "cas.csv: it holds no rows of data",
    ),
    "id column not there": (
        of_plan(id="study_number", others="ignore"),
        "cas.csv: column 'study_number', the id, is missing",
    ),
    "id column of the first table not there": (
        lambda plan, _: plan["tables"][0].update(id="study_number", others="ignore"),
        "main.csv: column 'study_number', the id, is missing",
        0,
    ),
    "column not there": (
        of_table("cas.csv", lambda f: f.drop(columns="cas_07")),
        "cas.csv: column 'cas_07', which sources.yaml names, is missing",
        2,
    ),
    "column not named": (
        of_table("cas.csv", lambda f: f.assign(**{PLANTED: "777777"})),
        "cas.csv: 1 column not named in sources.yaml (column 33)",
    ),
    "column twice in a table": (
        of_table("cas.csv", lambda f: pd.concat([f, f[["cas_01"]]], axis=1)),
        "cas.csv: column 'cas_01' stands more than once",
    ),
    "names missing in a table": (
        of_table("cas.csv", lambda f: f.set_axis([*f.iloc[ROW, :-2], PLANTED, PLANTED], axis=1)),
        "cas.csv: column 'dyad_id', the id, is missing",
        0,
    ),
    "variable in no table": (
        lambda plan, _: (
            plan["tables"][0].update(others="ignore"),
            plan["tables"][0]["variables"].pop("country"),
        ),
        "column 'country' is missing",
    ),
    "two rows of a dyad in the first table": (
        of_table("main.csv", lambda f: f.loc[[*f.index, ROW]]),
        "main.csv: 2 rows with an id that another row has (rows 5, 27)",
        2,
    ),
    "two rows of a dyad in another table": (
        of_table("cas.csv", lambda f: f.loc[[*f.index, ROW, 7]]),
        "cas.csv: 4 rows with an id that another row has (rows 5, 9, 27, 28)",
    ),
    "id missing in a table": (
        of_table("cas.csv", partial(put, dyad_id="")),
        "cas.csv: 1 row without an id (row 5)",
    ),
    "no id in common": (
        of_table("cas.csv", lambda f: f.assign(dyad_id=f["dyad_id"] + "x")),
        "cas.csv: none of its ids is in the first table",
    ),
    "id in another case": (
        of_table("cas.csv", partial(put, dyad_id=PLANTED.upper())),
        "cas.csv: 1 id in the first table only if blanks, dashes, case, leading zeros and '.0' are "
        "ignored; write them alike",
    ),
    "code not declared in another table": (
        of_table("cas.csv", lambda f: put(f.iloc[::-1].reset_index(drop=True), cas_03=PLANTED)),
        "cas_03: 1 row without a whole number (row 5 of cas.csv)",
    ),
    "closed gate in another table": (
        of_table("cas.csv", partial(put, cas_ever_relationship="No")),
        CLOSED,
    ),
    "wrong id in a first table of ids": (
        lambda plan, tables: (
            plan["tables"].insert(0, {"file": "ids.csv", "id": "dyad_id"}),
            tables.update({"ids.csv": put(own()[["dyad_id"]], dyad_id="Zz planted 77")}),
        ),
        f"dyad_id: 1 row {ID_PATTERN} (row 5 of ids.csv)",
    ),
    "corrections in another folder": (
        lambda plan, _: plan.update(corrections="../corrections.csv"),
        "sources.yaml: corrections: string should match",
    ),
    "corrections not there": (
        lambda plan, _: plan.update(corrections="corrections.csv"),
        "corrections.csv: there is no such file, or it may not be read",
    ),
}
KINDS |= {name: Kind(in_folder(change), *rest) for name, (change, *rest) in SOURCES.items()}
KINDS |= {
    "sources.yaml cut short": Kind(
        in_folder(text=lambda raw: raw[: len(raw) // 2]), "not readable as UTF-8 YAML"
    ),
    "sources.yaml with a key twice": Kind(
        in_folder(
            text=lambda raw: raw.replace(
                '"age_years"', '"dyad_id": "x",\n"age_years": "age_years",\n"age_years"', 1
            )
        ),
        "key 'age_years' stands already in line",
        0,
    ),
    "sources.yaml of no table": Kind(
        in_folder(text=lambda _: "[]"), "sources.yaml: the file: must hold keys"
    ),
    "sources.yaml that runs a program": Kind(
        in_folder(text=lambda _: "tables: !!python/object/apply:os.getcwd []"),
        "sources.yaml line 1: not readable as UTF-8 YAML (no tags or aliases)",
    ),
    "sheet that there is not": Kind(
        lambda folder: _as_workbook(in_folder(of_plan(file="cas.xlsx", sheet="other"))(folder)),
        "cas.xlsx: it has 0 sheets that fit; name one as `sheet` in sources.yaml",
    ),
}


def _as_workbook(folder: Path) -> Path:
    pd.read_csv(folder / "cas.csv", dtype="str", keep_default_na=False).to_excel(
        folder / "cas.xlsx", index=False
    )
    return folder


def corrected(
    lines: str, names: str = "date,id,variable,old,new,reason"
) -> Callable[[Plan, Tables], object]:
    def change(plan: Plan, tables: Tables) -> None:
        plan.update(corrections="corrections.csv")
        tables["corrections.csv"] = f"{names}\n{lines}\n".encode()

    return change


NO_DATE, NO_REASON = (
    "without a date such as 2026-11-22",
    "without a reason, or that changes nothing",
)
CORRECTIONS = {
    "date in another order": (f"22/11/2026,{PLANTED},age_years,31,32,typing", NO_DATE),
    "date that there is not": (f"2026-02-30,{PLANTED},age_years,31,32,typing", NO_DATE),
    "date that does not sort": (f"20261122,{PLANTED},age_years,31,32,typing", NO_DATE),
    "id that there is not": (
        "2026-11-22,Wq-0999,age_years,31,32,typing",
        "with an id that the first table does not have",
    ),
    "variable that is not held": (
        f"2026-11-22,{PLANTED},age,31,32,typing",
        "with a variable that the files do not hold, or the id",
    ),
    "old value that differs": (
        f"2026-11-22,{PLANTED},age_years,777777,32,typing",
        "whose old value is not the one in the data",
    ),
    "corrected twice from the same value": (
        f"2026-11-22,{PLANTED},satisfaction,82.7,80,typing\n2026-11-23,{PLANTED},age_years,31,32,typing\n"
        f"2026-11-24,{PLANTED},age_years,31,33,typing",
        "whose old value is not the one in the data",
    ),
    "no reason": (f"2026-11-22,{PLANTED},age_years,31,32,", NO_REASON),
    "a blank for a reason": (f"2026-11-22,{PLANTED},age_years,31,32, ", NO_REASON),
    "no change": (f"2026-11-22,{PLANTED},age_years,31,31,typing", NO_REASON),
}
for name, (lines, fault) in CORRECTIONS.items():
    row = 1 + len(lines.splitlines())
    KINDS[f"correction: {name}"] = Kind(
        in_folder(corrected(lines)), f"corrections.csv: 1 row {fault} (row {row})"
    )
_ONE = f"2026-11-22,{PLANTED},age_years,31"
KINDS |= {
    "corrections with other columns": Kind(
        in_folder(corrected(_ONE, "date,id,variable,old")),
        "corrections.csv: its columns must be date, id, variable, old, new, reason",
    ),
    "corrections cut short": Kind(
        in_folder(corrected(_ONE)), "corrections.csv: 1 row with too many or too few cells (row 2)"
    ),
    "corrected to a formula": Kind(
        in_folder(corrected(f"{_ONE},=777777+1,typing")),
        f"age_years: 1 row {FORMULA} (row 5 of main.csv, as corrected)",
    ),
    "corrected out of range": Kind(
        in_folder(corrected(f"{_ONE},777777,typing")),
        "age_years: 1 row outside 16 to 55 (row 5 of main.csv, as corrected)",
    ),
    "corrected to an impossible combination": Kind(
        in_folder(corrected(f"2026-11-22,{PLANTED},custody_t2,Yes,No,typing")),
        "1 row with a combination of custody_t2 and custody_lost_by_t2, which cannot be: "
        "without custody at timepoint 2 although custody was never lost (row 5)",
    ),
}


def _all_text(error: Exception) -> str:
    assert error.__cause__ is None
    assert (
        error.__context__ is None
    )  # which would carry bytes of the file, even where it is not printed
    return "\n".join([str(error), repr(error), *traceback.format_exception(error)])


@pytest.mark.parametrize("name", KINDS)
def test_a_broken_input_is_refused_with_its_place_and_without_a_value(
    tmp_path, esmi, caplog, capfd, name
):
    kind = KINDS[name]
    path = kind.write(tmp_path)
    with (
        warnings.catch_warnings(record=True, action="always") as warned,
        pytest.raises(mm.DataError) as raised,
    ):
        mm.read_cohort(path, esmi)
    error = raised.value
    assert error.exit_code == 3
    assert [line for line in kind.lines if line not in str(error)] == []
    assert "nothing was analysed" in error.summary
    assert kind.problems == 0 or len(error.problems) == (kind.problems or len(kind.lines))
    # warnings are shown to an analyst, too
    seen = "\n".join(
        [_all_text(error), caplog.text, *capfd.readouterr(), *(str(one.message) for one in warned)]
    )
    assert not [secret for secret in (*SECRETS, *kind.hidden) if secret in seen]


def test_there_are_many_kinds_and_every_impossible_combination_is_one_of_them(esmi):
    assert len(KINDS) >= 60
    said = "\n".join(line for kind in KINDS.values() for line in kind.lines)
    assert [check.reason for check in esmi.file.impossible if check.reason not in said] == []


@pytest.mark.parametrize(
    "name",
    ["id twice", "cut short within a row", "formula in a workbook", "label not mapped", "empty"],
)
def test_the_command_line_refuses_it_too_and_writes_nothing(tmp_path, monkeypatch, name):
    path = KINDS[name].write(tmp_path)
    before = {one: one.stat().st_mtime_ns for one in tmp_path.rglob("*")}
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["check", str(path)])
    assert result.exit_code == 3
    assert KINDS[name].lines[0] in result.output
    assert "nothing was analysed" in result.output
    assert not [secret for secret in SECRETS if secret in result.output]
    assert {one: one.stat().st_mtime_ns for one in tmp_path.rglob("*")} == before


def test_problems_of_several_columns_and_tables_come_in_one_error(tmp_path, esmi):
    broken = both(
        of_table(
            "main.csv",
            lambda f: put(put(f, ethnicity=PLANTED, age_years="777777"), row=4, age_years="x"),
        ),
        of_table(
            "cas.csv", lambda f: put(put(f, cas_01="6"), row=20, cas_ever_relationship=PLANTED)
        ),
    )
    with pytest.raises(mm.DataError) as raised:
        mm.read_cohort(in_folder(broken)(tmp_path), esmi)
    assert str(raised.value) == (
        "The data file: 5 problems; nothing was analysed.\n"
        "  age_years: 1 row without a whole number (row 6 of main.csv)\n"
        "  age_years: 1 row outside 16 to 55 (row 5 of main.csv)\n"
        f"  ethnicity: 1 row {CELLS['level not declared'][2]} (row 5 of main.csv)\n"
        f"  cas_ever_relationship: 1 row {YES_NO} (row 22 of cas.csv)\n"
        "  cas_01: 1 row outside 0 to 5 (row 5 of cas.csv)\n"
        "In a .csv or .xlsx file row 1 holds the names; in any other it is the first participant. "
        "Correct the file, or data_dictionary/esmi/."
    )
    assert not [secret for secret in SECRETS if secret in _all_text(raised.value)]


def test_tables_that_cannot_be_read_are_all_named_in_one_error(tmp_path, esmi):
    broken = both(
        of_table("main.csv", lambda _: PNG),
        of_table("cas.csv", lambda f: f.drop(columns=["cas_07"])),
    )
    with pytest.raises(mm.DataError) as raised:
        mm.read_cohort(in_folder(broken)(tmp_path), esmi)
    assert raised.value.problems == (
        f"main.csv: {NOT_TEXT}",
        "cas.csv: column 'cas_07', which sources.yaml names, is missing",
    )


# ---- what is no file: a pipe, a device, a socket. Opened, it would be waited for without end


@contextmanager
def at_once() -> Iterator[None]:
    """Break off what takes half a minute."""

    def end(*_: object) -> None:
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(30)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _socket(path: Path) -> None:
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(str(path))
    bound.close()


NO_FILE = "it is a pipe, a device or a socket; save it as a file first"


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short path, as sockets need."""
    with tempfile.TemporaryDirectory(prefix="mm") as folder:
        yield Path(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
@pytest.mark.parametrize("make", [_pipe, _device, _socket])
@pytest.mark.parametrize("name", ["own.csv", "own.xlsx", "own.dta", "own.yaml", "own"])
def test_what_is_no_file_is_refused_at_once(short, esmi, make, name):
    make(short / name)
    said = "it is not a .csv" if name == "own" else NO_FILE
    with at_once():
        for study in ([], ["--study", "esmi"]):
            result = CliRunner().invoke(main, ["check", str(short / name), *study])
            assert result.exit_code == 3
            assert said in result.output
        out = str(short / "out")
        asked = ["run", "--data", str(short / name), "--study", "esmi", "--out", out]
        result = CliRunner().invoke(main, asked)
        assert result.exit_code == 3, result.output
        assert said in result.output
    assert not (short / "out").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
@pytest.mark.parametrize("name", ["sources.yaml", "main.csv", "cas.csv", "corrections.csv"])
def test_a_pipe_among_the_files_of_a_folder_is_refused_at_once(tmp_path, esmi, name):
    folder = in_folder(lambda plan, _: plan.update(corrections="corrections.csv"))(tmp_path)
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    with at_once(), pytest.raises(mm.DataError, match="it is a pipe, a device or a socket"):
        mm.read_cohort(folder, esmi)


# ---- what is not broken


def same(one: mm.Cohort, other: mm.Cohort) -> None:
    pd.testing.assert_frame_equal(one.data, other.data)
    pd.testing.assert_frame_equal(one.reasons, other.reasons)


@pytest.fixture(scope="module")
def untouched(esmi) -> mm.Cohort:
    return mm.read_cohort(DEMO, esmi)


def test_the_shipped_file_is_read(untouched):
    assert len(untouched) == 279
    assert untouched.source.kind == "synthetic"


def test_the_file_that_is_broken_here_is_sound(tmp_path, esmi):
    alone = mm.read_cohort(written(".csv")(tmp_path), esmi)
    assert (len(alone), alone.source.kind) == (25, "restricted")
    same(mm.read_cohort(in_folder()(tmp_path), esmi), alone)


@pytest.mark.parametrize("suffix", [".dta", ".xlsx", ".parquet", ".sav"])
def test_every_format_holds_the_same(tmp_path, esmi, untouched, suffix):
    WRITERS[suffix](_demo(), tmp_path / f"own{suffix}")
    same(mm.read_cohort(tmp_path / f"own{suffix}", esmi), untouched)


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path, esmi, untouched):
    _demo().to_csv(tmp_path / "own.csv", index=False, lineterminator="\r\n", encoding="utf-8-sig")
    same(mm.read_cohort(tmp_path / "own.csv", esmi), untouched)


def test_blank_lines_at_the_end_and_an_index_do_no_harm(tmp_path, esmi):
    alone = mm.read_cohort(written(".csv")(tmp_path), esmi)
    same(mm.read_cohort(damaged(".csv", lambda raw: raw + b"\n\n")(tmp_path), esmi), alone)
    same(
        mm.read_cohort(written(".parquet", lambda f: f.set_index("dyad_id"))(tmp_path), esmi), alone
    )


def _as_numbers(frame: Rows, study: mm.Study, missing: Callable[[str], Any]) -> Rows:
    """The columns of numbers as numbers; `missing` says what stands for a missing code."""
    named = [
        name
        for name, field in study.fields.items()
        if field.type in ("integer", "number") and name in frame
    ]
    held = {
        name: [
            missing(text) if text == "" or text[:1] == "." else float(text) for text in frame[name]
        ]
        for name in named
    }
    return frame.assign(
        **{name: pd.Series(values, dtype="object") for name, values in held.items()}
    )


def test_missing_values_of_stata_keep_their_letters(tmp_path, esmi, untouched):
    frame = _as_numbers(_demo(), esmi, lambda text: text[1:] or None)
    letters = {name: sorted({one for one in frame[name] if isinstance(one, str)}) for name in frame}
    letters = {name: found for name, found in letters.items() if found and {*found} <= {*"abcdn"}}
    assert {*"abn"} <= {letter for found in letters.values() for letter in found}
    labels = {"relationship": {1: "partner", 2: "single"}}
    codes = frame["relationship"].map({"partner": 1.0, "single": 2.0, ".c": "c"})
    letters["relationship"] = sorted({one for one in codes if isinstance(one, str)})
    pyreadstat.write_dta(
        frame.assign(relationship=codes.where(codes.notna(), None)),
        str(tmp_path / "own.dta"),
        missing_user_values=letters,
        variable_value_labels=labels,
    )
    same(mm.read_cohort(tmp_path / "own.dta", esmi), untouched)


def test_a_workbook_may_hold_numbers_beside_missing_codes(tmp_path, esmi):
    written(".csv")(tmp_path)
    written(".xlsx", lambda f: _as_numbers(f, esmi, str))(tmp_path)
    same(mm.read_cohort(tmp_path / "own.xlsx", esmi), mm.read_cohort(tmp_path / "own.csv", esmi))


@pytest.mark.parametrize("suffix", [".dta", ".parquet"])
def test_numbers_of_four_bytes_are_read_as_they_were_typed(tmp_path, esmi, suffix):
    path = written(
        suffix, lambda f: f.assign(satisfaction=pd.Series([82.7] * 25, dtype="float32"))
    )(tmp_path)
    assert {*mm.read_cohort(path, esmi).data["satisfaction"]} == {82.7}


@pytest.mark.parametrize("custody", ["Yes", "No", ".c"])
def test_custody_may_have_been_lost_without_involvement_at_timepoint_2(tmp_path, esmi, custody):
    cells = {
        "safeguarding_t1": "none",
        "safeguarding_t2": "none",
        "custody_t2": custody,
        "custody_lost_by_t2": "Yes",
    }
    lost = mm.read_cohort(written(".csv", partial(put, **cells))(tmp_path), esmi)
    assert lost.data.loc[ROW, "custody_lost_by_t2"] == "Yes"


# ---- chance: whatever is done to a file, it is read or refused, and what was put into it is not
# said


def read_or_refused(path: Path, study: mm.Study, *secrets: str) -> mm.Cohort | None:
    try:
        return mm.read_cohort(path, study)
    except (mm.DataError, mm.UsageError) as error:
        said = _all_text(error)
        assert not [secret for secret in (*SECRETS, *secrets) if secret in said]
        return None


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("chance")


ODD = [
    "=1",
    "1e5",
    "1e99",
    "-",
    "+",
    ".",
    ".z",
    "None",
    "True",
    "1_0",
    "٣",
    "\r\n",
    '"',
    '","',
    "\0",
    "01",
    "\ufeff1",
]
MARKED_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8).map(
    lambda text: f"Zq{text}\u20577"
)
WIDTH = 125
PLACE = st.tuples(st.integers(0, 24), st.integers(0, WIDTH - 1))


@settings(max_examples=15)
@given(cells=st.dictionaries(PLACE, MARKED_TEXT | st.sampled_from(ODD), min_size=1, max_size=5))
def test_any_text_in_any_cell_is_read_or_refused(esmi, folder, cells):
    frame = own()
    for (row, column), text in cells.items():
        frame.iloc[row, column] = text
    frame.to_csv(folder / "own.csv", index=False, lineterminator="\n")
    marked = [text for text in cells.values() if text.startswith("Zq")]
    found = read_or_refused(folder / "own.csv", esmi, *marked)
    assert not (found and marked)  # no column has room for such text


@settings(max_examples=12)
@given(
    rows=st.lists(st.integers(0, 24), max_size=8),
    dropped=st.sets(st.integers(0, WIDTH - 1), max_size=2),
    again=st.lists(st.integers(0, WIDTH - 1), max_size=2),
    turn=st.integers(0, WIDTH - 1),
)
def test_only_whole_rows_and_columns_are_read_in_any_order(
    esmi, folder, rows, dropped, again, turn
):
    columns = [column for column in range(WIDTH) if column not in dropped] + again
    columns = columns[turn:] + columns[:turn]
    own().iloc[rows, columns].to_csv(folder / "own.csv", index=False, lineterminator="\n")
    found = read_or_refused(folder / "own.csv", esmi)
    sound = rows and len({*rows}) == len(rows) and sorted(columns) == list(range(WIDTH))
    assert (found is not None) == bool(sound)
    assert found is None or len(found) == len(rows)


@pytest.mark.parametrize("suffix", WRITERS)
@settings(max_examples=10)
@given(
    damage=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6
    )
)
def test_any_damage_to_bytes_is_read_or_refused(esmi, folder, suffix, damage):
    raw = bytearray(_bytes(suffix, folder))
    for place, byte in damage:
        raw[int(place * len(raw))] = byte
    (folder / f"damaged{suffix}").write_bytes(raw)
    read_or_refused(folder / f"damaged{suffix}", esmi)


@cache
def _bytes(suffix: str, folder: Path) -> bytes:
    return written(suffix)(folder).read_bytes()
