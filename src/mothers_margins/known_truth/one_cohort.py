"""One drawn cohort, imputed and analysed as the plan says, beside its own truth."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mothers_margins.analysis.missing_data.impute import impute
from mothers_margins.analysis.missing_data.imputed import Imputed
from mothers_margins.analysis.regression.model_data import ModelData, model_data
from mothers_margins.cohort.cohort import Cohort, gap
from mothers_margins.cohort.derive import derive
from mothers_margins.cohort.design_columns import put_together
from mothers_margins.cohort.read_cohort import read_cohort
from mothers_margins.demo.recipe import Recipe
from mothers_margins.demo.synthetic import whole_and_file
from mothers_margins.errors import UsageError
from mothers_margins.imputation import Draws, pool_estimates
from mothers_margins.imputation.fit_each import FITS
from mothers_margins.study.study import Study

Array = np.ndarray
FULL, FULL_FIRTH, CASES, IMPUTED = "full_data", "full_data_firth", "complete_case", "imputed"


@dataclass(frozen=True)
class Trial:
    """What is tried: a study's plan on cohorts of a recipe.

    m, sweeps: of each imputation; draws: as `chained` takes it.
    """

    study: Study
    recipe: Recipe
    outcomes: tuple[str, ...]
    model: str
    m: int
    sweeps: int
    draws: Draws


@dataclass(frozen=True)
class Hole:
    """The missing cells of one variable of one cohort: how many, and by level (empty: a number)
    what was imputed there and what is true, as a share or a mean. sd: of the number, among all.
    """

    outcome: str
    variable: str
    level: str
    n: int
    imputed: float
    true: float
    sd: float = np.nan


@dataclass(frozen=True)
class Estimate:
    """One coefficient of one analysis of one cohort, log-odds, with its interval; nan where there
    is no maximum.
    """

    outcome: str
    analysis: str
    term: str
    estimate: float
    low: float
    high: float


def tried(trial: Trial, seed: int) -> tuple[list[Hole], list[Estimate]]:
    """Draw a cohort, impute it for each outcome, and analyse it four ways. An outcome for which it
    cannot be imputed has no hole and no estimate.
    """
    whole, text = whole_and_file(trial.study, trial.recipe, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        text.to_csv(path, index=False)
        cohort = derive(read_cohort(path, trial.study))
    holes: list[Hole] = []
    estimates: list[Estimate] = []
    for outcome in trial.outcomes:
        try:
            imputed = impute(
                cohort,
                outcome,
                trial.model,
                m=trial.m,
                burnin=trial.sweeps,
                seed=seed,
                draws=trial.draws,
                progress=False,
            )
        except UsageError:
            continue  # rows that cannot be imputed are counted, and do not end the others
        terms = trial.study.terms(trial.model, outcome)
        completed = [imputed.complete(i, terms) for i in range(1, imputed.m + 1)]
        holes += _holes(imputed, completed, whole)
        estimates += _estimates(trial, outcome, imputed, completed, whole)
    return holes, estimates


def _holes(imputed: Imputed, completed: list[Cohort], whole: Cohort) -> Iterator[Hole]:
    """Every variable of the model with missing cells that were imputed."""
    study = whole.study
    rows = imputed.cohort.data.index
    for name in study.terms(imputed.model, imputed.outcome):
        missing = gap(imputed.cohort, name).to_numpy()
        if not missing.any():
            continue
        true = whole.data.loc[rows, name]
        drawn = [cohort.data[name] for cohort in completed]
        if not study.levels(name):
            yield _hole_of_number(imputed.outcome, name, missing, true, drawn)
            continue
        coding = study.coding(imputed.model, name)
        true, *drawn = (put_together(study, values, name, coding) for values in (true, *drawn))
        for level in map(str, true.cat.categories):
            yield Hole(
                outcome=imputed.outcome,
                variable=name,
                level=level,
                n=int(missing.sum()),
                imputed=float(np.mean([(values == level)[missing].mean() for values in drawn])),
                true=float((true == level)[missing].mean()),
            )


def _hole_of_number(
    outcome: str, name: str, missing: Array, true: pd.Series, drawn: list[pd.Series]
) -> Hole:
    known = true.to_numpy(dtype=float, na_value=np.nan)
    imputed = [values.to_numpy(dtype=float, na_value=np.nan)[missing] for values in drawn]
    return Hole(
        outcome=outcome,
        variable=name,
        level="",
        n=int(missing.sum()),
        imputed=float(np.mean([np.nanmean(values) for values in imputed])),
        true=float(np.nanmean(known[missing])),
        sd=float(np.nanstd(known, ddof=1)),
    )


def _estimates(
    trial: Trial, outcome: str, imputed: Imputed, completed: list[Cohort], whole: Cohort
) -> Iterator[Estimate]:
    rows = imputed.cohort.data.index
    full = model_data(whole, trial.model, outcome)
    design = explanatory(full).loc[rows]
    event = full.event.loc[rows].to_numpy()
    for analysis, method in ((FULL, "logit"), (FULL_FIRTH, "firth")):
        yield from _of_one(outcome, analysis, design, fitted(design, event, method))
    cases = model_data(imputed.cohort, trial.model, outcome)
    known = cases.complete.to_numpy()
    of_cases = explanatory(cases)[known]
    yield from _of_one(outcome, CASES, design, fitted(of_cases, event[known], "logit"))
    each = [
        fitted(explanatory(model_data(cohort, trial.model, outcome)), event, "logit")
        for cohort in completed
    ]
    yield from _pooled(outcome, design, each)


def explanatory(data: ModelData) -> pd.DataFrame:
    """The columns of a model without its constant."""
    return data.terms.design[[column.name for column in data.terms.columns if column.variable]]


def fitted(design: pd.DataFrame, event: Array, method: str) -> tuple[pd.Series, Array] | None:
    """Coefficients and covariance, with a constant; None where the estimates run away."""
    varies = [str(name) for name in design if design[name].nunique() > 1]
    x = np.column_stack([np.ones(len(design)), design[varies].to_numpy(dtype=float)])
    try:
        params, covariance = FITS[method](x, event)
    except (ArithmeticError, np.linalg.LinAlgError):
        return None
    return pd.Series(params, index=["", *varies]), covariance


def _of_one(
    outcome: str, analysis: str, design: pd.DataFrame, fit: tuple[pd.Series, Array] | None
) -> Iterator[Estimate]:
    terms = [str(name) for name in design]
    if fit is None:
        yield from (Estimate(outcome, analysis, term, *[np.nan] * 3) for term in terms)
        return
    params, covariance = fit
    errors = pd.Series(np.sqrt(np.diag(covariance)), index=params.index)
    for term in terms:
        estimate = float(params.get(term, np.nan))
        reach = 1.959963984540054 * float(errors.get(term, np.nan))
        yield Estimate(outcome, analysis, term, estimate, estimate - reach, estimate + reach)


def _pooled(
    outcome: str, design: pd.DataFrame, each: list[tuple[pd.Series, Array] | None]
) -> Iterator[Estimate]:
    fits = [fit for fit in each if fit is not None]
    same = len({tuple(params.index) for params, _ in fits}) == 1
    if len(fits) < len(each) or not same:
        yield from _of_one(outcome, IMPUTED, design, None)
        return
    pooled = pool_estimates([params for params, _ in fits], [covariance for _, covariance in fits])
    limits = pooled.conf_int()
    low = dict(zip(pooled.names, limits[0], strict=True))
    high = dict(zip(pooled.names, limits[1], strict=True))
    estimate = dict(zip(pooled.names, pooled.params, strict=True))
    for term in map(str, design):
        numbers = (each_number.get(term, np.nan) for each_number in (estimate, low, high))
        yield Estimate(outcome, IMPUTED, term, *numbers)
