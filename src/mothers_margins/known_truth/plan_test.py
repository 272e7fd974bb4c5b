"""The verb: cohorts drawn by a recipe, the plan carried out on each, and what it finds beside what
is true.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from mothers_margins.analysis.missing_data.progress import shown
from mothers_margins.analysis.regression.model_data import model_data
from mothers_margins.demo.synthetic import drawn_cohort
from mothers_margins.errors import UsageError, unknown
from mothers_margins.known_truth.one_cohort import (
    CASES,
    FULL,
    FULL_FIRTH,
    IMPUTED,
    Estimate,
    Hole,
    Trial,
    explanatory,
    fitted,
    tried,
)
from mothers_margins.known_truth.recipes import recipe_of, without_events_rule
from mothers_margins.results.results import About, Results, Row, tidy
from mothers_margins.study.source import Source
from mothers_margins.study.study import Study

ROWS_OF_TRUTH = 200_000
# Bars; to each two Monte Carlo standard errors are added.
SHARE = 1.5  # percentage points that an imputed share may be off, among the missing cells
MEAN = 0.1  # standard deviations that an imputed mean may be off
LOG_ODDS = 0.05  # that an estimate may be off from the full data's, on the same rows
COVERAGE = 0.03  # that the coverage of a term may be below the full data's
MEAN_COVERAGE = 0.01  # the same, of the mean over terms ...
HIGHEST_COVERAGE = 0.97  # ... which is not to be more than this


def plan_test(
    study: Study,
    outcomes: Sequence[str] | None = None,
    *,
    recipe: Literal["study", "strong"] = "study",
    cohorts: int = 400,
    m: int = 5,
    sweeps: int = 5,
    seed: int = 1,
    n_jobs: int = 1,
    draws: Literal["calibrated", "plain"] = "calibrated",
    progress: bool = True,
) -> Results:
    """Carry out the missing-data plan on cohorts whose truth is known, and say how far off it is:
    kind plan_test.

    Cohorts of the study's own size, gaps, equations and model are drawn with seeds from `seed` on.
    outcomes: by default the main ones. recipe: `study`, or `strong`, where every term has an odds
    ratio of 2 or more (or 1/2 or less) and rare answers are missing for 15 %. The truth of a
    coefficient is the same model on 200,000 rows of the recipe. Beside the imputed stand full data
    (maximum likelihood and Firth) and complete cases. n_jobs: processes; no backend of joblib is
    named, so `joblib.parallel_config(backend="dask")` uses a cluster. Every row says how far off
    (`value`), its Monte Carlo error, the bar, and whether it is `within`. Raises UsageError for a
    study without synthetic recipe or plan, and for numbers below 1.
    """
    if min(cohorts, m, sweeps, seed) < 1 or cohorts < 2:
        raise UsageError("plan_test: cohorts is 2 or more, m, sweeps and seed are 1 or more.")
    asked = _outcomes(study, outcomes)
    model = next(iter(study.file.models))
    tried_study = without_events_rule(study)
    trial = Trial(tried_study, recipe_of(study, recipe), asked, model, m, sweeps, draws)
    holes, estimates = _carried_out(trial, cohorts, seed, n_jobs, progress)
    judged = _Judged(recipe, pd.DataFrame(holes), pd.DataFrame(estimates), _truth(trial), cohorts)
    source = Source("synthetic", trial.recipe.rows, study.file.data.statement)
    return tidy(list(judged.rows()), About("plan_test", study, source, {}))


def _outcomes(study: Study, asked: Sequence[str] | None) -> tuple[str, ...]:
    plan = study.file.missing_data
    if plan is None:
        raise UsageError(f"plan_test: study {study.name} declares no missing-data plan.")
    chosen = tuple(asked) if asked else tuple(study.main_outcomes.values())
    absent = [name for name in chosen if name not in plan.outcomes]
    if absent:
        raise unknown("outcome of the plan", absent, tuple(plan.outcomes), "plan_test")
    return chosen


def _carried_out(
    trial: Trial, cohorts: int, seed: int, n_jobs: int, progress: bool
) -> tuple[list[Hole], list[Estimate]]:
    from joblib import Parallel, delayed

    holes: list[Hole] = []
    estimates: list[Estimate] = []
    with shown("plan test", cohorts, progress) as report:
        each = Parallel(n_jobs=n_jobs, return_as="generator")(
            delayed(tried)(trial, number) for number in range(seed, seed + cohorts)
        )
        for done, (more_holes, more_estimates) in enumerate(each, 1):
            holes += more_holes
            estimates += more_estimates
            if report:
                report(done)
    return holes, estimates


def _truth(trial: Trial) -> dict[tuple[str, str], float]:
    """Coefficients of the model on many rows of the recipe, by outcome and term."""
    cohort = drawn_cohort(trial.study, trial.recipe, ROWS_OF_TRUTH, seed=trial.recipe.seed)
    truth: dict[tuple[str, str], float] = {}
    for outcome in trial.outcomes:
        data = model_data(cohort, trial.model, outcome)
        known = data.complete
        fit = fitted(explanatory(data)[known], data.event[known].to_numpy(), "logit")
        assert fit  # noqa: S101 (200,000 rows are not separated)
        truth |= {(outcome, str(term)): float(value) for term, value in fit[0].items()}
    return truth


@dataclass(frozen=True, eq=False)
class _Judged:
    """Holes and estimates of all cohorts, and what is to be said of them."""

    recipe: str
    holes: pd.DataFrame
    estimates: pd.DataFrame
    truth: dict[tuple[str, str], float]
    cohorts: int

    def rows(self) -> Iterator[Row]:
        common: Row = {"recipe": self.recipe, "cohorts": self.cohorts}
        judged = (
            *self._not_imputed(),
            *self._imputed_values(),
            *self._estimates(),
            *self._intervals(),
        )
        for row in judged:
            yield common | row

    def _not_imputed(self) -> Iterator[Row]:
        """Cohorts for which the plan could not be carried out."""
        for outcome, own in self.estimates.groupby("outcome", sort=False):
            analysed = own.groupby(["analysis", "term"]).size().max()
            missed = float(self.cohorts - analysed)
            yield self._named(str(outcome), IMPUTED, "not_imputed", "") | {
                "value": missed,
                "bar": 0.0,
                "within": float(missed == 0),
            }

    def _imputed_values(self) -> Iterator[Row]:
        """Imputed less true, weighted by the missing cells."""
        named = ["outcome", "variable", "level"]
        for names, own in self.holes.groupby(named, sort=False):
            outcome, variable, level = map(str, names)
            is_number = level == ""
            unit = own["sd"].mean() if is_number else 0.01
            off, error = _ratio((own["imputed"] - own["true"]) * own["n"] / unit, own["n"])
            bar = (MEAN if is_number else SHARE) + 2 * error
            yield {
                "outcome": outcome,
                "analysis": IMPUTED,
                "measure": "mean_off" if is_number else "share_off",
                "variable": variable,
                "level": level,
                "value": off,
                "mc_error": error,
                "bar": bar,
                "within": float(abs(off) <= bar) if np.isfinite(bar) else np.nan,
            }

    def _by_term(self, column: str) -> pd.DataFrame:
        """One column of the estimates: cohorts are rows; outcome, term and analysis are columns."""
        number = self.estimates.groupby(["outcome", "term", "analysis"], sort=False).cumcount()
        wide = self.estimates.assign(cohort=number)
        return wide.pivot(index="cohort", columns=["outcome", "term", "analysis"], values=column)

    def _estimates(self) -> Iterator[Row]:
        """Estimates less those of the full data of the same rows."""
        estimates = self._by_term("estimate")
        for outcome, term in self._terms():
            full = estimates[outcome, term, FULL]
            for analysis in (FULL_FIRTH, CASES, IMPUTED):
                off = (estimates[outcome, term, analysis] - full).dropna()
                error = float(off.std(ddof=1) / np.sqrt(len(off)))
                bar = LOG_ODDS + 2 * error
                row = self._named(outcome, analysis, "log_odds_off", term)
                row |= {"value": float(off.mean()), "mc_error": error, "cohorts": len(off)}
                if analysis == IMPUTED:
                    row |= {"bar": bar, "within": float(abs(off.mean()) <= bar)}
                yield row

    def _intervals(self) -> Iterator[Row]:
        """Coverage of the truth, and widths beside those of complete cases."""
        low = self._by_term("low")
        high = self._by_term("high")
        covered: dict[tuple[str, str], list[float]] = {}
        for outcome, term in self._terms():
            truth = self.truth[outcome, term]
            shares: dict[str, float] = {}
            for analysis in (FULL, CASES, IMPUTED):
                own = pd.DataFrame(
                    {"low": low[outcome, term, analysis], "high": high[outcome, term, analysis]}
                ).dropna()
                inside = (own["low"] <= truth) & (truth <= own["high"])
                shares[analysis] = float(inside.mean())
                covered.setdefault((outcome, analysis), []).append(shares[analysis])
                error = float(np.sqrt(inside.mean() * (1 - inside.mean()) / len(own)))
                row = self._named(outcome, analysis, "coverage", term)
                row |= {"value": shares[analysis], "mc_error": error, "cohorts": len(own)}
                if analysis == IMPUTED:
                    bar = shares[FULL] - COVERAGE
                    row |= {"bar": bar, "within": float(shares[IMPUTED] >= bar)}
                yield row
            widths = [
                float((high[outcome, term, analysis] - low[outcome, term, analysis]).median())
                for analysis in (IMPUTED, CASES)
            ]
            share = widths[0] / widths[1]
            yield self._named(outcome, IMPUTED, "width_beside_complete_cases", term) | {
                "value": share,
                "bar": 1.0,
                "within": float(share <= 1),
            }
        yield from self._mean_coverage(covered)

    def _mean_coverage(self, covered: dict[tuple[str, str], list[float]]) -> Iterator[Row]:
        for outcome in dict.fromkeys(outcome for outcome, _ in self._terms()):
            mean = {
                analysis: float(np.mean(covered[outcome, analysis]))
                for analysis in (FULL, CASES, IMPUTED)
            }
            for analysis, value in mean.items():
                row = self._named(outcome, analysis, "mean_coverage", "")
                row |= {"value": value}
                if analysis == IMPUTED:
                    bar = mean[FULL] - MEAN_COVERAGE
                    row |= {"bar": bar, "within": float(bar <= value <= HIGHEST_COVERAGE)}
                yield row

    def _terms(self) -> list[tuple[str, str]]:
        pairs = self.estimates[["outcome", "term"]].drop_duplicates()
        return list(pairs.itertuples(index=False, name=None))

    def _named(self, outcome: str, analysis: str, measure: str, term: str) -> Row:
        variable, _, rest = term.partition("[")
        return {
            "outcome": outcome,
            "analysis": analysis,
            "measure": measure,
            "variable": variable,
            "level": rest.removesuffix("]"),
        }


def _ratio(numerators: pd.Series, denominators: pd.Series) -> tuple[float, float]:
    """A ratio of sums over cohorts, and its standard error by linearisation (Cochran 1977, eq.
    6.9).
    """
    ratio = float(numerators.sum() / denominators.sum())
    residual = numerators - ratio * denominators
    n = len(numerators)
    if n < 2:
        return ratio, np.nan  # one cohort says nothing of its error
    return ratio, float(np.sqrt(n / (n - 1) * (residual**2).sum()) / denominators.sum())
