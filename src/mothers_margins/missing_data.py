"""Looking at missing values and their imputation: patterns, imputed beside observed, stability, bounds."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mothers_margins.cohort import Cohort, column
from mothers_margins.definition import Group
from mothers_margins.errors import UsageError, expect
from mothers_margins.fitted import framed
from mothers_margins.imputing import ALL, Imputed
from mothers_margins.pooled import PooledFit
from mothers_margins.regression import fit_logistic
from mothers_margins.results import About, Results, tidy
from mothers_margins.study import unknown

ALL_KNOWN = "all known"
BESIDE = {"observed": Group(label="Observed", where={}), "imputed": Group(label="Imputed", where={})}
SUPPOSED = {"No": "unknown_as_no", "Yes": "unknown_as_yes"}


def patterns(cohort: Cohort, variables: Sequence[str]) -> Results:
    """Which variables are missing together, the most frequent pattern first: kind events, engine pattern.

    A value that does not apply is not missing. Raises UsageError for unknown names.
    """
    expect(cohort, Cohort, "patterns", "a cohort, as derive returns it")
    study = cohort.study
    wrong = [name for name in variables if name not in study.declared]
    if wrong or isinstance(variables, str):
        raise unknown("variable", wrong or [str(variables)], study.variables, f"study {study.name}")
    gaps = pd.DataFrame(
        {
            study.label(name): column(cohort, name).isna() & ~cohort.reasons[name].isin(study.not_applicable)
            for name in variables
        }
    ).astype(bool)
    named = gaps.apply(lambda row: "; ".join(gaps.columns[row.to_numpy()]) or ALL_KNOWN, axis=1)
    rows = [
        {"engine": "pattern", "variable": "", "event": str(event), "group": "all", "n": int(n)}
        | {"denominator": len(cohort)}
        for event, n in named.value_counts(sort=True).items()
    ]
    return tidy(rows, About("events", study, cohort.source, ALL))


def imputed_values(imputed: Imputed) -> Results:
    """Every imputed variable, and every composite made from imputed parts, as observed and as imputed: kind summaries.

    Of levels the percentage, of numbers mean and SD, over all imputations together; denominator is the number of
    participants with an observed value, or one imputed at least once (what does not apply is neither). That the two
    differ is no fault: values missing at random differ from the observed ones as their predictors do.
    """
    expect(imputed, Imputed, "imputed_values", "what impute returns")
    study, before = imputed.cohort.study, imputed.cohort.data
    made = [imputed.made.complete(i) for i in range(1, imputed.m + 1)]
    rows: list[dict[str, Any]] = []
    for name in (*imputed.filled, *map(str, imputed.made.passive)):
        gap = before[name].isna()
        drawn = pd.concat([one[name][gap] for one in made])
        filled = drawn.notna().groupby(drawn.index).any().sum()
        for group, values, n in (
            ("observed", before[name].dropna(), int((~gap).sum())),
            ("imputed", drawn.dropna(), int(filled)),
        ):
            common = {"block": "", "variable": name, "group": group, "denominator": n, "missing": 0}
            rows += [common | row for row in _described(study.levels(name), values, n)]
    return tidy(rows, About("summaries", study, imputed.cohort.source, BESIDE), imputed.timepoint)


def _described(levels: Sequence[str], values: pd.Series, n: int) -> Iterator[dict[str, Any]]:
    status = {"status": "shown" if len(values) else "missing"}
    for level in levels:
        share = float((values == level).mean()) if len(values) else np.nan
        yield {"level": level, "statistic": "percent", "value": 100 * share, "n": share * n} | status
    if not levels:
        numbers = values.astype(float)
        for statistic, value in (("mean", numbers.mean()), ("sd", numbers.std(ddof=1))):
            yield {"level": "", "statistic": statistic, "value": value, "n": n} | status


def stability(fit: PooledFit, steps: Sequence[int] | None = None) -> Results:
    """The adjusted estimates of the first k imputations, as a run with m = k has them: kind estimates, with fmi.

    steps: numbers k, by default five of them up to m. Raises UsageError for a k below 2 or beyond m.
    """
    expect(fit, PooledFit, "stability", "a pooled fit, as fit_logistic returns it for imputations")
    chosen = sorted({max(2, round(fit.m * share)) for share in (0.2, 0.4, 0.6, 0.8, 1)} if steps is None else {*steps})
    if not chosen or min(chosen) < 2 or max(chosen) > fit.m:
        raise UsageError(f"stability: steps are numbers of imputations from 2 to {fit.m}.")
    rows = [row for k in chosen for row in fit.first(k).rows("adjusted") if not pd.isna(row.get("estimate"))]
    found = framed(rows, fit.about, fit.timepoint)
    if not isinstance(found, Results):
        raise UsageError("stability: needs a fit of an imputed cohort.")
    return found


def suppose(cohort: Cohort, outcome: str, level: str) -> Cohort:
    """A cohort in which every unknown outcome of those whom it concerns is taken for Yes, or for No.

    The statement of its source says so, and stands under every table of it. Raises UsageError for unknown names.
    """
    expect(cohort, Cohort, "suppose", "a cohort, as derive returns it")
    study = cohort.study
    if outcome not in study.outcomes or level not in SUPPOSED:
        raise UsageError("suppose: needs an outcome of the study, and Yes or No.")
    gap = column(cohort, outcome).isna() & ~cohort.reasons[outcome].isin(study.not_applicable)
    said = f"Supposed here: {study.label(outcome)} is {level.lower()} wherever it is not known ({int(gap.sum())})."
    data = cohort.data.assign(**{outcome: cohort.data[outcome].mask(gap, level)})
    reasons = cohort.reasons.assign(**{outcome: cohort.reasons[outcome].mask(gap)})
    source = replace(cohort.source, statement=f"{cohort.source.statement} {said}")
    return replace(cohort, data=data, reasons=reasons, source=source)


def bounds(cohort: Cohort, outcome: str, model: str | None = None) -> Results:
    """Adjusted estimates of complete cases if every unknown outcome were a no, and if it were a yes: kind estimates.

    method says unknown_as_no and unknown_as_yes. The truth about those not followed up lies between these two only
    for the share with the outcome; an odds ratio could lie outside, if the unknown outcomes went with a variable.
    model: by default the study's first. Raises UsageError as `fit_logistic` does.
    """
    expect(cohort, Cohort, "bounds", "a cohort, as derive returns it")
    model = model or next(iter(cohort.study.file.models))
    frames = []
    for level, name in SUPPOSED.items():
        fit = fit_logistic(suppose(cohort, outcome, level), model, outcome=outcome, profile=False)
        by_firth = "by Firth's method: a cell is below the minimum" if fit.method == "firth" else ""
        rows = pd.DataFrame([row | {"method": name} for row in fit.rows("adjusted")])
        rows["note"] = ["; ".join(filter(None, (note, by_firth))) for note in rows["note"]]
        frames.append(rows)
    records = [{str(k): v for k, v in row.items()} for row in pd.concat(frames).to_dict("records")]
    about = About("estimates", cohort.study, cohort.source, {})
    found = framed(records, about, fit.timepoint)
    assert isinstance(found, Results)  # noqa: S101 (a cohort's always are)
    return found
