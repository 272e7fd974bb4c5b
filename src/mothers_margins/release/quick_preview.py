"""What each variable of a release would show alone: seen in seconds, from the joint counts only,
before anything is protected together, written, or entered in a ledger.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mothers_margins.disclosure.ledger import Ledger
from mothers_margins.disclosure.policy import Policy
from mothers_margins.release.pattern import after_ledger
from mothers_margins.release.plan import ReleasePlan, policy_of, release_plan
from mothers_margins.release.run_folder import read_joint_counts
from mothers_margins.release.shares import COLUMNS, planned, share_rows
from mothers_margins.release.ways import ways_alone
from mothers_margins.study.read_study import read_study
from mothers_margins.study.study import Study


@dataclass(frozen=True, eq=False)
class QuickPreview:
    """What each variable would show alone. mark: what must be said of the rows. shares: as in
    `Preview`; empty where the policy is that all was published before.
    """

    policy: Policy
    mark: str
    shares: pd.DataFrame


def quick_preview(
    internal: Path, *, ledger: Ledger | None = None, study: Study | None = None
) -> QuickPreview:
    """The quick preview of internal/STUDY of a run. Reads its joint counts and nothing else of it.

    Raises DisclosureError for a study without a policy, and without joint counts.
    """
    known = study or read_study(internal.name)
    policy = policy_of(known)
    if policy.is_public:
        return QuickPreview(policy, "", pd.DataFrame(columns=COLUMNS))
    joint = read_joint_counts(internal, known)
    plan = release_plan(joint)
    if ledger is not None:
        plan = after_ledger(plan, ledger)
    return QuickPreview(policy, joint.about.source.mark, _shares(plan))


def _shares(plan: ReleasePlan) -> pd.DataFrame:
    ways = {name: ways_alone(plan, name, first_only=True) for name in planned(plan)}
    rows = share_rows(
        plan,
        lambda name: ways[name].proposed.form,
        lambda table, name: ways[name].proposed.shares[table],
        lambda table, name: ", ".join(way.told(table, name) for way in ways[name].others),
    )
    return pd.DataFrame(rows, columns=COLUMNS)
