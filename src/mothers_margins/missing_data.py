"""Looking at missing values and their imputation: patterns, imputed beside observed, stability,
bounds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mothers_margins.cohort import Cohort, gap, only_recorded
from mothers_margins.definition import Group
from mothers_margins.errors import UsageError, expect
from mothers_margins.fitted import BY_FIRTH, JOINT, framed, joined, lock_state
from mothers_margins.imputing import ALL, Imputed
from mothers_margins.pooled import PooledFit
from mothers_margins.regression import fit_logistic
from mothers_margins.results import About, Results, tidy
from mothers_margins.study import unknown

ALL_KNOWN = "all_known"
BESIDE = {
    "observed": Group(label="Observed", where={}),
    "imputed": Group(label="Imputed", where={}),
}
SUPPOSED = {"No": "unknown_as_no", "Yes": "unknown_as_yes"}


def patterns(cohort: Cohort, variables: Sequence[str]) -> Results:
    """Which variables are missing together, the most frequent pattern first: kind events, engine
    pattern.

    A value that does not apply is not missing. event: `missing_together`, with the names in
    `variables`, or `all_known`. Raises UsageError for unknown names, DisclosureError for rows
    rebuilt from a publication.
    """
    study = only_recorded(cohort, "patterns").study
    wrong = [name for name in variables if name not in study.declared]
    if wrong or isinstance(variables, str):
        raise unknown("variable", wrong or [str(variables)], study.variables, f"study {study.name}")
    gaps = pd.DataFrame({name: gap(cohort, name) for name in variables}).astype(bool)
    together = gaps.apply(lambda row: "; ".join(gaps.columns[row.to_numpy()]), axis=1)
    rows = []
    for names, n in together.value_counts(sort=True).items():
        event = "missing_together" if names else ALL_KNOWN
        row = {"engine": "pattern", "event": event, "variables": names, "group": "all"}
        rows.append(row | {"n": int(n), "denominator": len(cohort)})
    return tidy(rows, About("events", study, cohort.source, ALL))


def imputed_values(imputed: Imputed) -> Results:
    """Every imputed variable, and every composite made from imputed parts, as observed and as
    imputed: kind summaries.

    Of levels the percentage, of numbers mean and SD, over all imputations together; denominator is
    the number of participants with an observed value, or one imputed at least once (what does not
    apply is neither). `n` is empty for an imputed percentage, which counts nobody. That the two
    differ is no fault: values missing at random differ from the observed ones as their predictors
    do.
    """
    expect(imputed, Imputed, "imputed_values", "what impute returns")
    study, before = imputed.cohort.study, imputed.cohort.data
    made = [imputed.made.complete(i) for i in range(1, imputed.m + 1)]
    rows: list[dict[str, Any]] = []
    for name in (*imputed.filled, *map(str, imputed.made.passive)):
        was_missing = before[name].isna()
        drawn = pd.concat([one[name][was_missing] for one in made])
        filled = drawn.notna().groupby(drawn.index).any().sum()
        for group, values, n in (
            ("observed", before[name].dropna(), int((~was_missing).sum())),
            ("imputed", drawn.dropna(), int(filled)),
        ):
            common = {"block": "", "variable": name, "group": group, "denominator": n, "missing": 0}
            described = _described(study.levels(name), values, n, imputed=group == "imputed")
            rows += [common | row for row in described]
    return tidy(rows, About("summaries", study, imputed.cohort.source, BESIDE), imputed.timepoint)


def _described(
    levels: Sequence[str], values: pd.Series, n: int, imputed: bool
) -> Iterator[dict[str, Any]]:
    status = {"status": "shown" if len(values) else "missing"}
    for level in levels:
        share = float((values == level).mean()) if len(values) else np.nan
        row = {"level": level, "statistic": "percent", "value": 100 * share} | status
        # a share over all imputations is nobody's count
        yield row if imputed else row | {"n": int((values == level).sum())}
    if not levels:
        numbers = values.astype(float)
        for statistic, value in (("mean", numbers.mean()), ("sd", numbers.std(ddof=1))):
            yield {"level": "", "statistic": statistic, "value": value, "n": n} | status


def stability(fit: PooledFit, steps: Sequence[int] | None = None) -> Results:
    """The adjusted estimates of the first k imputations, as a run with m = k has them: kind
    estimates, with fmi.

    steps: numbers k, by default five of them up to m. Raises UsageError for a k below 2 or beyond
    m.
    """
    expect(fit, PooledFit, "stability", "a pooled fit, as fit_logistic returns it for imputations")
    chosen = sorted(
        {max(2, round(fit.m * share)) for share in (0.2, 0.4, 0.6, 0.8, 1)}
        if steps is None
        else {*steps}
    )
    if not chosen or min(chosen) < 2 or max(chosen) > fit.m:
        raise UsageError(f"stability: steps are numbers of imputations from 2 to {fit.m}.")
    rows: list[dict[str, Any]] = []
    for k in chosen:
        rows += [
            row for row in fit.first(k).rows("adjusted") if JOINT not in str(row["note"]).split()
        ]
    found = framed(rows, fit.about, fit.timepoint)
    if not isinstance(found, Results):
        raise UsageError("stability: needs a fit of an imputed cohort.")
    return found


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
    rows: list[dict[str, Any]] = []
    for level, name in SUPPOSED.items():
        fit = fit_logistic(suppose(cohort, outcome, level), model, outcome=outcome, profile=False)
        by_firth = BY_FIRTH if fit.method == "firth" else ""
        rows += [
            row | {"method": name, "note": joined(str(row["note"]), by_firth)}
            for row in fit.rows("adjusted")
        ]
    lock = lock_state(cohort.study, cohort.source, model, outcome)
    return tidy(rows, About("estimates", cohort.study, cohort.source, {}, lock), fit.timepoint)
