"""Whom the groups without an exploratory outcome hold, in words."""

from mothers_margins.study.study import Study
from mothers_margins.wording.prose import Prose
from mothers_margins.wording.terms import label, level


def without_it(study: Study, outcome: str) -> Prose | None:
    """As what those without an outcome are recorded, where it is one of several steps: among them
    can be some at a more serious one.

    None for an outcome that is not made from the levels of one variable.
    """
    declared = study.outcomes[outcome]
    if not declared.source or not declared.event_levels:
        return None
    others = [
        level(study, declared.source, one)
        for one in study.levels(declared.source)
        if one not in declared.event_levels
    ]
    where = f"{label(study, declared.source)}: {'; '.join(others)}"
    return Prose(
        f"Without it are, in both comparisons, those recorded otherwise ({where}). Some of these "
        "can be at a more serious step than those with it."
    )
