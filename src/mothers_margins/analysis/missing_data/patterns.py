"""Which values are missing together, and imputed values beside observed ones."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from mothers_margins.analysis.missing_data.imputed import ALL, Imputed
from mothers_margins.cohort.cohort import Cohort, gap, only_recorded
from mothers_margins.errors import expect, unknown
from mothers_margins.results.results import About, Results, Row, tidy
from mothers_margins.study.conditions import Group
from mothers_margins.study.study import Study

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
    # one word per row, of all names that are missing in it, so that equal patterns can be counted
    gaps = pd.DataFrame({name: gap(cohort, name) for name in variables}).astype(bool)
    together = gaps.apply(lambda row: "; ".join(gaps.columns[row.to_numpy()]), axis=1)
    rows: list[Row] = [
        {
            "engine": "pattern",
            "event": "missing_together" if names else ALL_KNOWN,
            "variables": str(names),
            "group": "all",
            "n": int(n),
            "denominator": len(cohort),
        }
        for names, n in together.value_counts(sort=True).items()
    ]
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
    study = imputed.cohort.study
    completed = [imputed.made.complete(i) for i in range(1, imputed.m + 1)]
    rows: list[Row] = []
    for name in (*imputed.filled, *map(str, imputed.made.passive)):
        recorded = imputed.made.data.get(name, imputed.cohort.data[name])
        missing = recorded.isna()
        drawn = pd.concat([data[name][missing] for data in completed])
        # a participant's gate may be open in one imputation and closed in another
        drawn_once = int(drawn.notna().groupby(drawn.index).any().sum())
        rows += _described(study, name, "observed", recorded.dropna(), int((~missing).sum()))
        rows += _described(study, name, "imputed", drawn.dropna(), drawn_once)
    about = About("summaries", study, imputed.cohort.source, BESIDE)
    return tidy(rows, about, imputed.timepoint)


def _described(study: Study, name: str, side: str, values: pd.Series, n: int) -> Iterator[Row]:
    """Rows of a variable as observed or as imputed; n: the participants with such a value."""
    common: Row = {
        "block": "",
        "variable": name,
        "group": side,
        "denominator": n,
        "missing": 0,
        "status": "shown" if len(values) else "missing",
    }
    levels = study.levels(name)
    if levels and isinstance(values.dtype, pd.CategoricalDtype):
        levels = tuple(values.cat.categories)  # put together, as they were imputed
    if levels:
        described = _percentages(levels, values, counts_somebody=side == "observed")
    else:
        described = _mean_and_sd(values, n)
    for row in described:
        yield common | row


def _percentages(
    levels: Sequence[str], values: pd.Series, *, counts_somebody: bool
) -> Iterator[Row]:
    """Percentage of each level; a share over all imputations is nobody's count."""
    for level in levels:
        has_level = values == level
        share = float(has_level.mean()) if len(values) else np.nan
        row: Row = {"level": level, "statistic": "percent", "value": 100 * share}
        yield row | {"n": int(has_level.sum())} if counts_somebody else row


def _mean_and_sd(values: pd.Series, n: int) -> Iterator[Row]:
    numbers = values.astype(float)
    for statistic, value in (("mean", numbers.mean()), ("sd", numbers.std(ddof=1))):
        yield {"level": "", "statistic": statistic, "value": value, "n": n}
