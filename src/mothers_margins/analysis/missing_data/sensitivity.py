"""What other numbers of imputations and other suppositions would give: stability, bounds."""

from collections.abc import Sequence
from dataclasses import replace

from mothers_margins.analysis.regression.fit import JOINT, Fit, framed, lock_state
from mothers_margins.analysis.regression.fit_logistic import fit_logistic, with_method
from mothers_margins.analysis.regression.pooled_fit import PooledFit
from mothers_margins.cohort.cohort import Cohort, gap, only_recorded
from mothers_margins.errors import UsageError, expect
from mothers_margins.results.results import About, Results, Row, tidy

SUPPOSED = {"No": "unknown_as_no", "Yes": "unknown_as_yes"}


def stability(fit: PooledFit, steps: Sequence[int] | None = None) -> Results:
    """The adjusted estimates of the first k imputations, as a run with m = k has them: kind
    estimates, with fmi.

    steps: numbers k, by default five of them up to m. Raises UsageError for a k below 2 or beyond
    m.
    """
    expect(fit, PooledFit, "stability", "a pooled fit, as fit_logistic returns it for imputations")
    five_steps = {max(2, round(fit.m * share)) for share in (0.2, 0.4, 0.6, 0.8, 1)}
    numbers = sorted(five_steps if steps is None else {*steps})
    if not numbers or min(numbers) < 2 or max(numbers) > fit.m:
        raise UsageError(f"stability: steps are numbers of imputations from 2 to {fit.m}.")
    rows: list[Row] = []
    for k in numbers:
        of_k = fit.first(k).rows("adjusted")
        rows += [row for row in of_k if JOINT not in str(row["note"]).split()]
    estimates = framed(rows, fit.about, fit.timepoint)
    if not isinstance(estimates, Results):
        raise UsageError("stability: needs a fit of an imputed cohort.")
    return estimates


def suppose(cohort: Cohort, outcome: str, level: str) -> Cohort:
    """A cohort in which every unknown outcome of those whom it concerns is taken for Yes, or for
    No.

    Its source says so, and every table of it. Raises UsageError for unknown names.
    """
    study = only_recorded(cohort, "suppose").study
    if outcome not in study.outcomes or level not in SUPPOSED:
        raise UsageError("suppose: needs an outcome of the study, and Yes or No.")
    unknown_outcome = gap(cohort, outcome)
    data = cohort.data.assign(**{outcome: cohort.data[outcome].mask(unknown_outcome, level)})
    reasons = cohort.reasons.assign(**{outcome: cohort.reasons[outcome].mask(unknown_outcome)})
    source = replace(cohort.source, supposed=(*cohort.source.supposed, (outcome, level)))
    return replace(cohort, data=data, reasons=reasons, source=source)


def bounds(cohort: Cohort, outcome: str, model: str | None = None) -> Results:
    """Adjusted estimates of complete cases if every unknown outcome were a no, and if it were a
    yes: kind estimates.

    method says unknown_as_no and unknown_as_yes. The truth about those not followed up lies between
    these two only for the share with the outcome; an odds ratio could lie outside, if the unknown
    outcomes went with a variable. model: by default the study's first. Raises UsageError as
    `fit_logistic` does.
    """
    only_recorded(cohort, "bounds")
    model = model or next(iter(cohort.study.file.models))
    rows: list[Row] = []
    for level, method in SUPPOSED.items():
        supposed = suppose(cohort, outcome, level)
        fit = fit_logistic(supposed, model, outcome=outcome, profile=False)
        assert isinstance(fit, Fit)  # noqa: S101 (of a cohort it is never pooled)
        rows += with_method(fit, "adjusted", method)
    lock = lock_state(cohort.study, cohort.source, model, outcome)
    return tidy(rows, About("estimates", cohort.study, cohort.source, {}, lock), fit.timepoint)
