"""Which values are missing together, and imputed values beside observed ones."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mothers_margins.analysis.missing_data.imputed import ALL, Imputed
from mothers_margins.cohort.cohort import Cohort, gap, only_recorded
from mothers_margins.errors import expect, unknown
from mothers_margins.results.results import About, Results, tidy
from mothers_margins.study.conditions import Group

ALL_KNOWN = "all_known"
BESIDE = {
    "observed": Group(label="Observed", where={}),
    "imputed": Group(label="Imputed", where={}),
}


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
