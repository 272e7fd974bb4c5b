"""What a release would show, before anything is written or entered in a ledger."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mothers_margins import places
from mothers_margins.disclosure.ledger import Ledger, MemoryLedger
from mothers_margins.release.prepared import Prepared, Tell, prepared
from mothers_margins.release.run_folder import read_run
from mothers_margins.release.shares import (
    MOST_HIDDEN,
    Share,
    other_ways,
    planned_in,
    share_of_table,
    share_of_variable,
)
from mothers_margins.study.study import Study

COLUMNS = ["table", "variable", "form", "cells", "shown", "by_rule", "for_others", "other_ways"]


class Preview:
    """What a release would show. restricted: whether any of it comes of restricted rows. shares:
    one row for each declared table (its variable is empty) and each variable in it. released,
    withheld: names of results, the latter with the code of why.
    """

    def __init__(self, ready: Prepared, ledger: Ledger | None = None) -> None:
        self.ready = ready
        self.ledger = ledger
        self.restricted = ready.run.restricted
        self.shares = pd.DataFrame(_rows(ready), columns=COLUMNS)
        self.released = tuple(ready.released)
        self.withheld = dict(ready.withheld)

    def __repr__(self) -> str:
        mark = self.ready.run.source.mark or "RESTRICTED DATA: for the research team only"
        return f"{mark}. {self.ready.run.study}"

    def rules(self) -> pd.DataFrame:
        """The rules of the policy, one row each."""
        fields = {**self.ready.policy.fields(), "hidden_without_a_reason": f"{MOST_HIDDEN:.0%}"}
        return pd.DataFrame({"rule": {name: str(said) for name, said in fields.items()}})

    def tables(self) -> pd.DataFrame:
        """Shares in per cent, one row for each declared table."""
        of_tables = self.shares[self.shares["variable"] == ""].set_index("table")
        return _in_hundred(of_tables)

    def variables(self, table: str = "") -> pd.DataFrame:
        """Forms of variables that hide something, with what other forms and merges would show."""
        rows = self.shares[
            (self.shares["variable"] != "") & (self.shares["shown"] < self.shares["cells"])
        ]
        rows = rows[rows["table"] == table] if table else rows
        shown = _in_hundred(rows.set_index(["table", "variable"]))
        return shown.assign(form=rows["form"].to_numpy(), other_ways=rows["other_ways"].to_numpy())

    def __str__(self) -> str:
        """As plain text, for the command."""
        policy = self.ready.policy
        lines = [f"Policy {policy.name}, decided by {policy.author}"]
        for row in self.shares.to_dict("records"):
            cells = int(row["cells"])
            parts = ", ".join(
                f"{100 * row[key] / cells:.0f}% {words}" if cells else f"- {words}"
                for key, words in (
                    ("shown", "shown"),
                    ("by_rule", "hidden by rule"),
                    ("for_others", "to protect others"),
                )
            )
            if not row["variable"]:
                lines.append(f"{row['table']}: {parts}")
            elif row["shown"] < cells:
                others = f"; at most {row['other_ways']}" if row["other_ways"] else ""
                lines.append(f"  {row['variable']} ({row['form']}): {parts}{others}")
        lines.append(f"Would be written: {', '.join(self.released) or 'nothing'}")
        lines.append(f"Would stay internal: {', '.join(self.withheld) or 'nothing'}")
        return "\n".join(lines)


def preview_release(
    study: Study | str, *, ledger: Ledger | None = None, tell: Tell = lambda _: None
) -> Preview:
    """What `write_release` would show of the results in the run's folder. Writes nothing, and
    enters nothing in a ledger.
    """
    name = study if isinstance(study, str) else study.name
    own = None if isinstance(study, str) else study
    return preview(places.out_folder() / "internal" / name, ledger=ledger, tell=tell, study=own)


def preview(
    internal: Path,
    *,
    ledger: Ledger | None = None,
    tell: Tell = lambda _: None,
    study: Study | None = None,
) -> Preview:
    """The preview of internal/STUDY of a run; see `preview_release`."""
    own = ledger or MemoryLedger()
    return Preview(prepared(read_run(internal, study), own, tell), own)


def _rows(ready: Prepared) -> Iterator[tuple[object, ...]]:
    protected = ready.protected
    if protected is None:
        return
    for table in ready.run.study.tables:
        yield table, "", "", *_numbers(share_of_table(protected, table)), ""
        for name in planned_in(protected, table):
            share = share_of_variable(protected, table, name)
            ways = other_ways(protected, table, name) if share.hidden else ()
            others = ", ".join(f"{way} {most:.0%}" for way, most in ways)
            yield table, name, protected.form(name), *_numbers(share), others


def _numbers(share: Share) -> tuple[int, int, int, int]:
    return share.cells, share.shown, share.by_rule, share.for_others


def _in_hundred(rows: pd.DataFrame) -> pd.DataFrame:
    """Shares of cells in whole per cent."""
    numbers = rows[["shown", "by_rule", "for_others"]].astype(float)
    cells = rows["cells"].astype(float).where(rows["cells"] > 0)
    return numbers.div(cells, axis=0).mul(100).round().astype("Int64")
