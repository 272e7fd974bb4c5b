"""Who has every explanatory variable of an analysis known, as a variable of its own."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from mothers_margins.absent import not_there
from mothers_margins.cohort.cohort import Cohort, column, only_recorded
from mothers_margins.study.conditions import Condition
from mothers_margins.study.study_file import Derived

EVERY_TERM_KNOWN = "every_term_known"


def mark_complete(cohort: Cohort, terms: Sequence[str]) -> Cohort:
    """A cohort with one more variable, `every_term_known`: Yes where each of some variables is
    known, else No.

    terms: the explanatory variables of a model. A value that does not apply is not known. Raises
    AbsenceError where no variable is named, UsageError for unknown names, DisclosureError for rows
    rebuilt from a publication.
    """
    only_recorded(cohort, "mark_complete")
    if not terms:
        raise not_there("no_variable")
    known = pd.DataFrame({name: column(cohort, name).notna() for name in terms}).all(axis=1)
    no_reason = pd.Series(pd.NA, index=known.index, dtype="str")
    levels = pd.CategoricalDtype(["Yes", "No"])
    answers = known.map({True: "Yes", False: "No"}).astype(levels)
    every = {name: Condition(known=True) for name in terms}
    made = Derived(
        name=EVERY_TERM_KNOWN,
        title="Every explanatory variable of the model known",
        any_of=(every,),
    )
    study = cohort.study
    file = study.file.model_copy(update={"derived": (*study.file.derived, made)})
    return replace(
        cohort,
        data=cohort.data.assign(**{EVERY_TERM_KNOWN: answers}),
        reasons=cohort.reasons.assign(**{EVERY_TERM_KNOWN: no_reason}),
        study=replace(study, file=file),
    )
