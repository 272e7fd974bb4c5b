"""Hides cells of two-way tables with the Python edition of tau-Argus, optimal mode, table by table.

Run by the Python of an environment of its own, which has pytauargus and nothing of this project.
It reads a list of tables from its input, each a list of [row, column, count], and prints for each
the hidden cells as [row, column], where "" stands for a total.
"""

import contextlib
import importlib
import json
import os
import sys
import tempfile

HIDDEN = ("U", "M")  # by the rule, and to protect others
# Counts of 1 to 9; each may be one more or one fewer at least, so that it keeps three values.
RULE = "FREQ(10,10)"


def hidden_cells(cells: list[tuple[str, str, int]]) -> list[tuple[str, str]]:
    """The cells of a table that are hidden, totals among them."""
    protect = importlib.import_module("pytauargus").protect  # not there where this is only imported
    people = [
        {"row": row, "column": column, "one": 1.0}
        for row, column, count in cells
        for _ in range(count)
    ]
    with tempfile.TemporaryDirectory() as folder:
        done = protect(
            people,
            ["row", "column"],
            response="one",
            safety_rules=RULE,
            suppress="OPT(1)",
            workdir=folder,
        )
        rows = done.tables[0].rows
    return [
        tuple("" if row[name] == "Total" else row[name] for name in ("row", "column"))
        for row in rows
        if row["status"] in HIDDEN
    ]


@contextlib.contextmanager
def quiet():
    """The engine prints to the terminal itself."""
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    yield
    os.dup2(kept, 1)


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    with quiet():
        found = [hidden_cells(table) for table in asked]
    print(json.dumps(found))
