"""What is said of participant files that do not match the study: each problem one whole phrase.

{rows} is a number with its noun ('3 rows'), {where} the row numbers ('rows 2, 5 and 9'). No phrase
has a place for a value or an id.
"""

from collections.abc import Sequence

import numpy as np

from mothers_margins.errors import count, listed

# ---- a file as a whole
NO_FILE = "there is no such file, or it may not be read"
NO_REGULAR_FILE = "it is a pipe, a device or a socket; save it as a file first"
NO_ROWS = "it holds no rows of data"
NOT_TEXT = "it is not comma-separated text in UTF-8"
CUT_SHORT = (
    "it does not hold the rows and value labels that it says it has; it was cut short or damaged: "
    "have it written anew"
)
UNKNOWN_LETTERS = (
    "it holds letters that are neither UTF-8 nor those of Windows (1252); save it anew in Stata 14 "
    "or later, after its command unicode translate"
)
OTHER_LETTERS = (
    "it holds letters that are not those of the code page that it names; save it anew in SPSS, in "
    "Unicode"
)
BROKEN = (
    "it cannot be read as a {kind} file; it may be cut short, damaged, protected by a password, or "
    "the file of another program"
)
NO_TEXT = "a cell holds a character that is no text"
NO_CELL = "a cell holds what is no text, number, date or truth value"

# ---- the sheets of a workbook
SHEETS = "it has {sheets} that fit; name one as `sheet` in sources.yaml"
MERGED = "{areas} of merged cells ({where}); unmerge them, and write into every cell what it holds"
HIDDEN = (
    "{rows} hidden, by hand or by a filter; show them if they are participants, else delete them "
    "({where})"
)
TWICE = "a row or a cell stands twice in it; it is damaged: save it anew"
FAR_AWAY = "{cells} far from the table ({where}); delete what stands there"

# ---- cells of one column; {where} ends in ' of FILE' where there are several files
REQUIRED = "{rows} without a value, which is required ({where})"
LABEL_NOT_MAPPED = "{rows} with a label that sources.yaml does not map ({where})"
MISSING_IN_FILE = (
    "{rows} with a value that the file itself declares missing; say under `missing` in "
    "sources.yaml what it means ({where})"
)
DATE = "{rows} with a date or a time; give the number that is meant ({where})"
FORMULA = "{rows} with a formula; paste its value ({where})"
ERROR = "{rows} with an error of the spreadsheet program in place of a value ({where})"
# duplicated values, so also a duplicated id; in one of several files it is REPEATED_ID below
NOT_UNIQUE = "{rows} with a value that another row has too; it must be unique ({where})"
PATTERN = "{rows} with a value that does not have the declared pattern {pattern} ({where})"
UNKNOWN_CODE = "{rows} with a code that is not declared (declared: {declared}) ({where})"
NOT_WHOLE = "{rows} without a whole number ({where})"
NOT_A_NUMBER = "{rows} without a number ({where})"
OUT_OF_RANGE = "{rows} outside {low:g} to {high:g} ({where})"

# ---- columns that are there or missing
SUPPLIED_BESIDE_PARTS = (
    "column '{name}' is supplied beside what it is made from; leave one of them out"
)
ITEMS_MISSING = (
    "{number} of {items} columns {first} to {last} are missing; if only a score was kept, name it "
    "one of: {scores}"
)
COLUMN_MISSING = "column '{name}' is missing"
UNDECLARED_COLUMNS = "{columns} that the schema does not declare ({where})"
REPEATED_COLUMN = "column '{name}' stands more than once"

# ---- several columns of a row together
APPLIES_AFTER_ALL = "{name}: {rows} that say it does not apply, though it does ({where})"
IMPOSSIBLE = "{rows} {what}, which cannot be: {reason} ({where})"

# ---- where the rows come from
INSIDE_PROJECT = "it is restricted and lies inside the project's folder; move it out"
UNMARKED = "it holds made-up rows without the column that marks them; put that column back"
NOT_MADE_UP = (
    "{mark}: {rows} with ids that do not begin with {prefix}, so they are not made up; leave the "
    "column out"
)
NOT_ALL_MARKED = "{mark}: every row must say '{status}', or the column must be left out"

# ---- columns and ids of the files that sources.yaml maps
MAPPED_COLUMN_MISSING = "column '{name}', which sources.yaml names, is missing"
ID_COLUMN_MISSING = "column '{name}', the id, is missing"
MAPPED_TWICE = "column '{name}' is named for several variables"
NOT_NAMED_COLUMNS = "{columns} not named in sources.yaml ({where})"
# a duplicated id in a file that is merged; where there is one file, NOT_UNIQUE above
REPEATED_ID = "{rows} with an id that another row has ({where})"
NO_ID = "{rows} without an id ({where})"
NO_COMMON_ID = "{file}: none of its ids is in the first table"
ID_WRITTEN_OTHERWISE = (
    "{file}: {ids} in the first table only if blanks, dashes, case, leading zeros and '.0' are "
    "ignored; write them alike"
)

# ---- rows that are nobody's, or somebody's twice
ALIKE = (
    "{rows} with an id that differs from another row's only in blanks, dashes, case, leading zeros "
    "or '.0'; write the same id alike, and different ones so that they differ in more ({where})"
)
SUMMARY_ROW = (
    "{rows} with a word such as total or mean for an id; leave out what is no participant ({where})"
)
ONLY_ID = (
    "{rows} with an id and nothing else; leave out what is no participant, and write for a "
    "participant why nothing is recorded ({where})"
)

# ---- rows of corrections.csv
CORRECTION_COLUMNS = "{file}: its columns must be {columns}"
NO_DATE = "{file}: {rows} without a date such as 2026-11-22 ({where})"
UNKNOWN_ID = "{file}: {rows} with an id that the first table does not have ({where})"
UNKNOWN_VARIABLE = "{file}: {rows} with a variable that the files do not hold, or the id ({where})"
OTHER_OLD_VALUE = "{file}: {rows} whose old value is not the one in the data ({where})"
NOTHING_CHANGED = "{file}: {rows} without a reason, or that changes nothing ({where})"


def of_rows(
    message: str, rows: Sequence[int] | np.ndarray, in_file: str = "", **details: str | float
) -> str:
    """A message about these rows. in_file: of which of several files they are rows."""
    where = listed(list(rows))
    if in_file:
        where += f" of {in_file}"
    return message.format(rows=count(len(rows), "row"), where=where, **details)


def of_columns(message: str, positions: Sequence[int]) -> str:
    """A message about the columns at these positions; their names could be ids."""
    columns = count(len(positions), "column")
    return message.format(columns=columns, where=listed(positions, "column"))
