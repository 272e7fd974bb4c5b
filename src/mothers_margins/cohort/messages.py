"""What is said of participant files that do not match the study: each problem one whole phrase.

{rows} is a number with its noun ('3 rows'), {where} the row numbers ('rows 2, 5 and 9'). No phrase
has a place for a value or an id.
"""

from collections.abc import Sequence

import numpy as np

from mothers_margins.errors import count, listed

# ---- cells of one column; {where} ends in ' of FILE' where there are several files
REQUIRED = "{rows} without a value, which is required ({where})"
LABEL_NOT_MAPPED = "{rows} with a label that sources.yaml does not map ({where})"
FORMULA = "{rows} with a formula; paste its value ({where})"
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
    "{file}: {ids} in the first table only if blanks, case, leading zeros and '.0' are ignored; "
    "write them alike"
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
