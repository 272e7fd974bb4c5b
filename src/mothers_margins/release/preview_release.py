"""What a release would show, before anything is written or entered in a ledger."""

from functools import cache, partial
from pathlib import Path

import pandas as pd

from mothers_margins import places
from mothers_margins.disclosure.ledger import Ledger, MemoryLedger
from mothers_margins.release.prepared import Prepared, Tell, prepared
from mothers_margins.release.run_folder import read_run
from mothers_margins.release.shares import (
    COLUMNS,
    MOST_HIDDEN,
    share_of_variable,
    share_rows,
)
from mothers_margins.release.ways import ways_alone
from mothers_margins.study.study import Study


class Preview:
    """What a release would show, protected together as the release itself is.

    restricted: whether any of it comes of restricted rows. shares: one row for each declared table
    (its variable is empty) and each variable in it; its other ways are of the variable alone.
    released, withheld: names of results, the latter with the code of why.
    """

    def __init__(self, ready: Prepared, ledger: Ledger | None = None) -> None:
        self.ready = ready
        self.ledger = ledger
        self.restricted = ready.run.restricted
        self.policy = ready.policy
        self.mark = ready.run.source.mark
        self.shares = _shares(ready)
        self.released = tuple(ready.released)
        self.withheld = dict(ready.withheld)

    def __repr__(self) -> str:
        mark = self.mark or "RESTRICTED DATA: for the research team only"
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


def _shares(ready: Prepared) -> pd.DataFrame:
    protected = ready.protected
    if protected is None:
        return pd.DataFrame(columns=COLUMNS)
    ways_of = cache(partial(ways_alone, protected.plan))

    def other_ways(table: str, name: str) -> str:
        if not share_of_variable(protected, table, name).hidden:
            return ""
        others = ways_of(name).other_than(protected.form(name))
        return ", ".join(way.told(table, name) for way in others)

    rows = share_rows(
        protected.plan, protected.form, partial(share_of_variable, protected), other_ways
    )
    return pd.DataFrame(rows, columns=COLUMNS)


def _in_hundred(rows: pd.DataFrame) -> pd.DataFrame:
    """Shares of cells in whole per cent."""
    numbers = rows[["shown", "by_rule", "for_others"]].astype(float)
    cells = rows["cells"].astype(float).where(rows["cells"] > 0)
    return numbers.div(cells, axis=0).mul(100).round().astype("Int64")
