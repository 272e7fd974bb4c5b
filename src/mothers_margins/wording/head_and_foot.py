"""What stands at the head and at the foot of all that is read: marks, the agreed list, where the
rows come from, what is held back.
"""

from mothers_margins.results.results import NOT_LOCKED, About
from mothers_margins.study.source import Source
from mothers_margins.study.study import Study
from mothers_margins.wording.numbers import SYMBOLS
from mothers_margins.wording.terms import label, level

INTERNAL = "INTERNAL: restricted data, not yet through disclosure control"
POLICIES = {  # of disclosure, by their names in study.yaml
    "already_public": "what is published already is shown",
    "threshold_10": "no count below 10 is shown",
    "leag_slides": "that of slides for the LEAG",
}


def held_back(study: Study) -> str:
    """What stands under a released table in which something is suppressed."""
    declared = study.file.disclosure
    policy = f" (policy: {POLICIES[declared.policy]})" if declared else ""
    symbol = SYMBOLS["suppressed"]
    why = f"held back, so that no small number of {study.file.unit.many} can be worked out"
    return f"{symbol}: {why}{policy}."


def lock_note(about: About) -> str:
    """What every estimate says where the agreed list was changed; empty else."""
    lock = about.study.file.lock
    return (
        f"The list agreed on {lock.locked_on} was changed."
        if lock and about.lock == "changed"
        else ""
    )


def unlocked(about: About) -> str:
    """The mark of estimates that no agreed list covers; empty for all others."""
    return NOT_LOCKED if about.lock == "open" else ""


def mark_of(about: About) -> str:
    """What everything that is read must say of itself: that rows are made up, or that numbers have
    not been through disclosure control; empty for what was released of restricted data.
    """
    return INTERNAL if about.internal else about.source.mark


def captioned(about: About, caption: str) -> str:
    """A caption, after the mark of estimates that no agreed list covers."""
    return f"{NOT_LOCKED}. {caption}" if about.lock == "open" else caption


def cited(study: Study) -> str:
    """Where the study is published, for the foot of a table."""
    return f"Study: {study.file.citation}"


def origin(study: Study, source: Source) -> str:
    """Where the rows come from, with what is supposed of them."""
    supposed = [
        f"Supposed here: {label(study, outcome)} is {level(study, outcome, value)} wherever it "
        "is not known."
        for outcome, value in source.supposed
    ]
    return " ".join([source.statement, *supposed])
