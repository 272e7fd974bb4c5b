"""What a release would hold: internal results, protected, by name; and what is withheld and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mothers_margins.disclosure.differences import differences, hidden_before
from mothers_margins.disclosure.ledger import Ledger, Place, Recorded
from mothers_margins.disclosure.policy import Policy
from mothers_margins.errors import DisclosureError
from mothers_margins.release.by_kind import in_order, released_results, why_internal
from mothers_margins.release.pattern import (
    after_ledger,
    other_cells,
    placed_rows,
    planned_cells,
)
from mothers_margins.release.plan import policy_of, release_plan
from mothers_margins.release.protected import ProtectedStudy, protected_study
from mothers_margins.release.run_folder import RunFolder, joint_counts_of
from mothers_margins.release.withheld import Withheld
from mothers_margins.results.results import Results, names_of
from mothers_margins.study.study import Study

Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A release before it is written.

    protected: of a study whose counts are protected; None where all was public before. released:
    what may leave, by name. withheld: why other results stay, by name and code. cells: the whole
    pattern. changes: against the ledger. rows: what is withheld of results that leave.
    """

    run: RunFolder
    policy: Policy
    protected: ProtectedStudy | None
    released: Mapping[str, Results]
    withheld: Mapping[str, str]
    cells: tuple[Recorded, ...]
    changes: pd.DataFrame
    rows: tuple[Withheld, ...] = ()


def prepared(run: RunFolder, ledger: Ledger, tell: Tell = lambda _: None) -> Prepared:
    """Protect what a run made. tell: is told what is being done.

    Raises DisclosureError for a study without a policy, for restricted rows under a policy for what
    is public, and without joint counts.
    """
    policy = policy_of(run.study)
    hidden = hidden_before(ledger, run.study.name)
    protected = None
    rows: tuple[Withheld, ...] = ()
    if policy.is_public:
        released, withheld = _public(run)
        cells = [cell for name, one in released.items() for cell in _public_cells(name, one)]
    else:
        protected = _protected(run, ledger, tell)
        released, withheld, rows = _by_kind(run, protected, hidden)
        cells = [*planned_cells(protected)]
        cells += [cell for name, one in released.items() for cell in other_cells(name, one)]
    changes = differences(
        ledger, cells, run.data_key, study=run.study.name, threshold=policy.threshold
    )
    return Prepared(run, policy, protected, released, withheld, tuple(cells), changes, rows)


def _protected(run: RunFolder, ledger: Ledger, tell: Tell) -> ProtectedStudy:
    joint = joint_counts_of(run)
    tell("planning")
    return protected_study(after_ledger(release_plan(joint), ledger), tell)


def _by_kind(
    run: RunFolder, protected: ProtectedStudy, hidden: Mapping[Place, bool]
) -> tuple[dict[str, Results], dict[str, str], tuple[Withheld, ...]]:
    released: dict[str, Results] = {}
    withheld: dict[str, str] = {}
    rows: list[Withheld] = []
    for name in in_order(run.results):
        if is_held_back(run.study, name):
            withheld[name] = "withheld_by_person"
            continue
        beside = [one for one in released.values() if one.about.kind == "estimates"]
        results = run.results[name]
        may_leave, of_rows = released_results(name, results, run.results, protected, beside)
        if may_leave is None:
            withheld[name] = why_internal(results)
        else:
            released[name] = _kept_hidden(name, may_leave, hidden)
            rows += of_rows
    return released, withheld, tuple(rows)


def is_held_back(study: Study, name: str) -> bool:
    """Whether a person withholds all of a table."""
    declared = study.file.disclosure
    vetoes = declared.withhold if declared else ()
    return any(
        veto.table == name and not (veto.variable or veto.level or veto.group) for veto in vetoes
    )


def _kept_hidden(name: str, results: Results, hidden: Mapping[Place, bool]) -> Results:
    """Results without the numbers of rows that an earlier release hid, and of those that are
    suppressed.
    """
    hide = np.array(results["status"] == "suppressed", dtype=bool)
    for number, place, _ in placed_rows(name, results):
        hide[number] |= hidden.get(place, False)
    kept = results.copy()
    kept.loc[hide, "status"] = "suppressed"
    for column in set(results.columns) - names_of(results.about.kind) - {"timepoint"}:
        kept[column] = kept[column].mask(hide)
    if kept.about.kind != "summaries":  # a note says on which side of its limit p lies
        kept["note"] = kept["note"].mask(hide, "")
    return kept


def _public(run: RunFolder) -> tuple[dict[str, Results], dict[str, str]]:
    """Tables whose every number agrees with the print, and themes as they are printed."""
    if run.restricted or run.source.kind == "synthetic":
        raise DisclosureError(
            "What is already public are the publication's numbers, not those of other rows.",
            [f"the rows are {run.source.kind}"],
            f"Name another policy in data_dictionary/{run.study.name}/study.yaml.",
        )
    released: dict[str, Results] = {}
    withheld: dict[str, str] = {}
    for name, results in run.results.items():
        if results.about.kind == "themes" or _is_printed(name, run):
            released[name] = results
        else:
            withheld[name] = "not_compared_with_print"
    return released, withheld


def _is_printed(name: str, run: RunFolder) -> bool:
    """Whether every count of a declared table was compared with the print and agrees."""
    check = run.results.get(f"{name}_check")
    if check is None or name not in run.study.tables:
        return False
    keys = ["variable", "level", "group"]
    summary = run.results[name]
    counts = summary[summary["statistic"] == "n"]
    compared = check[check["agrees"].astype(bool)]
    printed = {*compared[keys].itertuples(index=False, name=None)}
    return {*counts[keys].itertuples(index=False, name=None)} <= printed


def _public_cells(name: str, results: Results) -> list[Recorded]:
    if results.about.kind != "summaries":
        return []
    counts = results[(results["statistic"] == "n") & (results["value"].notna())]
    return [
        Recorded(
            Place(name, str(row["variable"]), str(row["level"]), str(row["group"])),
            "counts",
            True,
            int(row["value"]),
        )
        for row in counts.to_dict("records")
    ]
