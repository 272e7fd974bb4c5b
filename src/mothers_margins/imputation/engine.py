"""Chained equations: m chains, each with its own generator, swept variable by variable (van Buuren
2018, §4.5).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from mothers_margins.imputation.columns import (
    ENOUGH_REMEMBERED,
    Array,
    Column,
    Part,
    Remembered,
    put,
)
from mothers_margins.imputation.draws import Drawn, Happening, Memory, Stand, draw
from mothers_margins.imputation.equations import Draws, Equations, Event
from mothers_margins.imputation.imputations import Chain, Imputations
from mothers_margins.imputation.passive import make
from mothers_margins.imputation.plan import Plan, prepared
from mothers_margins.imputation.values import as_numbers


def chained(
    data: pd.DataFrame,
    equations: Equations,
    *,
    m: int,
    burnin: int = 10,
    seed: int,
    n_jobs: int = 1,
    batch: int = 0,
    draws: Draws = "calibrated",
    progress: Callable[[int], object] | None = None,
) -> Imputations:
    """Impute the incomplete columns of a data frame m times by chained equations.

    data: every column is a predictor; leave out what is none. equations: for every incomplete
    column a method, an `Equation`, or `Passive`. burnin: sweeps of each chain. seed: every chain
    draws from its own child of it, so the result is the same for any n_jobs and batch (chains
    handed to a worker at a time), and the first k of m chains are those of a run with m = k.
    draws: calibrated sets intercepts and cut points of logit, ologit and mlogit after each draw so
    that the levels are expected among the observed rows as often as a draw from Beta or Dirichlet
    (counts + 1/2) says; plain leaves them as drawn, as mice and Stata do.
    progress: called with the number of chains that are finished. Passive variables are made anew
    whenever a source was imputed, and conditional ones follow their gate at once. Where a level is
    predicted perfectly, or has fewer observed rows than there are predictors, pseudo-rows support
    its equation (White, Daniel and Royston 2010), and an event of the chain says so. Returns
    `Imputations`; a chain that fails is named in `failed` and does not take the others with it.
    Raises ValueError, all problems at once, for a column without an equation, an equation without a
    column or of a kind that does not fit it, a column without one observed value, infinite values,
    values outside the limits of truncreg or where the gate is closed, columns that are no numbers
    and no levels, and no rows at all; ArithmeticError if no chain could be finished. Messages name
    variables and never values.
    """
    if m < 1 or burnin < 1:
        raise ValueError("chained: m and burnin are 1 or more.")
    if seed < 0:
        raise ValueError("chained: seed is 0 or more.")
    if draws not in ("calibrated", "plain"):
        raise ValueError("chained: draws is calibrated or plain.")
    plan = prepared(data, equations, draws)
    seeds = np.random.SeedSequence(seed).spawn(m)
    size = max(batch, 1)
    batches = [seeds[first : first + size] for first in range(0, m, size)]
    results: list[Chain | str] = []
    from joblib import Parallel, delayed
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        for of_batch in Parallel(n_jobs=n_jobs, return_as="generator")(
            delayed(_run)(plan, burnin, its_seeds) for its_seeds in batches
        ):
            results += of_batch
            if progress:
                progress(len(results))
    failed = {number: why for number, why in enumerate(results, 1) if isinstance(why, str)}
    chains = tuple(chain for chain in results if isinstance(chain, Chain))
    if not chains:
        raise ArithmeticError(f"chained: no chain could be finished: {next(iter(failed.values()))}")
    return _imputations(plan, chains, failed)


def _imputations(plan: Plan, chains: tuple[Chain, ...], failed: dict[int, str]) -> Imputations:
    passive = {column.name: column.passive for column in plan.made if column.passive}
    predictors = {
        name: tuple(plan.owners[place] for place in places if plan.owners[place])
        for name, places in plan.predictors.items()
    }
    return Imputations(plan.data, plan.targets, passive, chains, plan.events, failed, predictors)


def restored(
    data: pd.DataFrame, equations: Equations, chains: tuple[Chain, ...], failed: dict[int, str]
) -> Imputations:
    """Imputations of data and equations from chains that were finished before, as `store` reads
    them.
    """
    return _imputations(prepared(data, equations), chains, failed)


def _run(plan: Plan, burnin: int, seeds: Sequence[np.random.SeedSequence]) -> list[Chain | str]:
    from threadpoolctl import threadpool_limits

    results: list[Chain | str] = []
    with threadpool_limits(1):  # sums in another order would differ in the last digits
        for seed in seeds:
            sweeps = _Sweeps(plan, np.random.Generator(np.random.PCG64(seed)))
            try:
                results.append(sweeps.run(burnin))
            except (ArithmeticError, np.linalg.LinAlgError) as error:
                results.append(f"{type(error).__name__}: {error}")
    return results


def _deciding(target: Column) -> Iterator[object]:
    """Columns that decide where a target applies, its limits, or what its items add."""
    if target.gate:
        yield target.gate.name
    if target.bounds and target.bounds.cut:
        yield target.bounds.cut[0]
    if target.bounds and target.bounds.beside:
        yield target.bounds.beside[0]
    for item in target.items.imputed if target.items else ():
        yield item.name


def _mean_and_spread(values: Array) -> tuple[float, float]:
    """Mean and standard deviation as numpy has them, in a third of the time; nan of nothing."""
    n = len(values)
    if not n:
        return np.nan, np.nan
    mean = np.add.reduce(values) / n
    off = values - mean
    return float(mean), float(np.sqrt(np.add.reduce(off * off) / n))


class _Sweeps:
    """One chain: the design as it stands, the values drawn, and those of them that apply."""

    def __init__(self, plan: Plan, rng: np.random.Generator) -> None:
        self.plan = plan
        self.rng = rng
        self.design = plan.design.copy()
        self.drawn: dict[object, Array] = {}
        self.shown: dict[object, Array] = {}
        self.series: dict[object, pd.Series] = {}
        self.still_missing: dict[object, int] = {}
        # what is made of what is made needs the series itself, not its codes
        self.needed_as_series = {part.source for column in plan.made for part in column.parts}
        # codes or numbers of all n rows, of the columns that decide something of others
        asked = {name for target in plan.targets for name in _deciding(target)}
        self.deciding = {
            column.name: column.values.copy() for column in plan.columns if column.name in asked
        }
        self.rest: dict[object, Array] = {}
        self.expected: dict[object, float] = {}
        self.sources = {target.name: target for target in plan.targets}
        self.passive = {column.name: column.passive for column in plan.made if column.passive}
        # of what is made of numbers alone, these as they stand: in each sweep a series of every
        # source took most of the time
        self.numbers = {
            column.name: [as_numbers(part.column).copy() for part in column.parts]
            for column in plan.made
            if column.name not in self.needed_as_series and self._from_numbers_alone(column)
        }
        self.counts: dict[tuple[str, Happening], int] = {}
        self.index = {column.name: plan.data.index[column.missing] for column in plan.made}
        self.kept: dict[tuple[object, object], tuple[object, pd.Series]] = {}
        self.stale: set[object] = set()
        self.asked = {
            target.name: self._asked(plan.predictors[target.name]) for target in plan.targets
        }

    def _from_numbers_alone(self, column: Column) -> bool:
        """Whether a passive variable can be made from arrays: it says how, and its sources are
        numbers of full width that are imputed or known.
        """
        if column.levels or column.passive is None or column.passive.of_numbers is None:
            return False
        if any(part.source in self.passive for part in column.parts):
            return False
        # a narrower type would round what is put into it
        kinds = {str(part.column.dtype).lower() for part in column.parts}
        imputed = (self.sources.get(part.source) for part in column.parts)
        return kinds <= {"float64", "int64"} and not any(
            target.levels for target in imputed if target
        )

    def _asked(self, predictors: Array) -> set[object]:
        """Passive variables that predict a target, and those that they are made from."""
        asked: set[object] = set()
        for column in reversed(self.plan.made):  # a source stands before what is made from it
            places = np.arange(column.places.start, column.places.stop)
            if column.name in asked or np.isin(places, predictors).any():
                sources = {part.source for part in column.parts}
                asked |= {column.name} | (sources & {*self.passive})
        return asked

    def run(self, burnin: int) -> Chain:
        """Start each target from those that stand already, then sweep."""
        targets = self.plan.targets
        for target in targets:
            self._start(target)
        means: dict[object, list[float]] = {target.name: [] for target in targets}
        spreads: dict[object, list[float]] = {target.name: [] for target in targets}
        memories = {target.name: Memory() for target in targets}
        for _ in range(burnin):
            for target in targets:
                memories[target.name] = self._draw(target, memories[target.name])
                applies = self.shown[target.name][~np.isnan(self.shown[target.name])]
                mean, spread = _mean_and_spread(applies)
                means[target.name].append(mean)
                spreads[target.name].append(spread)
        self._finish()
        events = tuple(
            Event(name, event, n, names) for (name, (event, names)), n in self.counts.items()
        )
        imputed = {target.name: self.shown[target.name] for target in targets}
        return Chain(imputed, means, spreads, events, dict(self.expected))

    def _start(self, target: Column) -> None:
        """First values of a target, given what is complete and the targets before it, as Stata's
        chains start. From random values, variables that are missing together, such as the subscales
        of a form that was not completed, need many sweeps to find each other.
        """
        standing = {str(column.name) for column in self.plan.columns if self._stands(column)}
        predictors = self.plan.predictors[target.name]
        stand = np.array([self.plan.owners[place] in {"", *standing} for place in predictors])
        self._renew({name for name in self.asked[target.name] if str(name) in standing})
        unmoved = replace(target, equation=replace(target.equation, delta=0.0))
        self._set(target, self._drawn(unmoved, predictors[stand], Memory()).values)

    def _stands(self, column: Column) -> bool:
        """Whether no value of a column waits for a draw."""
        if column.passive:
            return all(part.source in self.shown or not len(part.at) for part in column.parts)
        return column.name in self.shown or not column.missing.any()

    def _drawn(self, target: Column, predictors: Array, memory: Memory) -> Drawn:
        stand = Stand(self.design, self.deciding, self.plan.draws == "calibrated")
        seen = self._fitted_on(target)
        return draw(target, stand, seen, predictors, self.plan.owners, self.rng, memory)

    def _draw(self, target: Column, memory: Memory) -> Memory:
        """New values of a target given all others; what to remember of it."""
        self._renew(self.asked[target.name])
        drawn = self._drawn(target, self.plan.predictors[target.name], memory)
        for event in drawn.events:
            self._happened(target.name, event)
        self.expected[target.name] = drawn.expected
        self._set(target, drawn.values)
        return drawn.memory

    def _finish(self) -> None:
        """Make what is stale, and count the cells of passive variables that stayed missing."""
        self._renew(self.stale)
        for column in self.plan.made:
            if column.missing.any():
                if column.name not in self.still_missing:
                    self._make(column)
                stayed = self.still_missing[column.name]
                self._happened(column.name, ("stayed_missing", ()), stayed)

    def _happened(self, name: object, event: Happening, n: int = 1) -> None:
        if n:
            self.counts[str(name), event] = self.counts.get((str(name), event), 0) + n

    def _fitted_on(self, target: Column) -> Array:
        """Observed rows that it concerns: where the gate, as it stands, is open; all observed ones
        if it is open for none of them.
        """
        observed: Array = ~np.isnan(target.values)
        if target.concerned is not None and (observed & target.concerned).any():
            # those whom it does not concern can have a level all the same, by definition
            observed = observed & target.concerned
        open_too = observed
        if target.gate and target.gate.name in self.deciding:
            open_too = observed & target.gate.is_open(self.deciding[target.gate.name])
        elif isinstance(target.equation.applies, pd.Series):
            open_too = observed & target.equation.applies.to_numpy(dtype=bool)
        return open_too if open_too.any() else observed

    def _set(self, target: Column, values: Array) -> None:
        """New values of a target, and all that hangs on it, each once; what is passive waits until
        it is asked for.
        """
        self.drawn[target.name] = values
        self._keep_rest(target)
        self._show(target)
        for column in self.plan.affected[target.name]:
            if column.passive is None:
                if column.name in self.drawn:
                    self._show(column)
            elif column.name not in self.deciding:
                self.stale.add(column.name)
            elif all(part.source in self.shown for part in column.parts if len(part.at)):
                self._renew({part.source for part in column.parts})
                self._make(column)

    def _renew(self, names: set[object]) -> None:
        """Make again those of some passive variables whose sources have changed, in declared
        order.
        """
        for column in self.plan.made if names & self.stale else ():
            if column.name in names and column.name in self.stale:
                self._make(column)
                self.stale.discard(column.name)

    def _keep_rest(self, target: Column) -> None:
        """What a score was drawn beyond its imputed items: it stays when these are drawn anew."""
        if target.items and not target.levels:
            self.rest[target.name] = self.drawn[target.name] - self._imputed_items(target)

    def _imputed_items(self, target: Column) -> Array:
        """What the imputed items of a score add in its missing rows, as they stand."""
        added = np.zeros(int(target.missing.sum()))
        assert target.items  # noqa: S101 (the callers have looked)
        unanswered = np.isnan(target.items.answers[target.missing])
        for item in target.items.imputed:
            numbers = item.numbers(self.deciding[item.name][target.missing])
            added += np.where(unanswered[:, item.place] & ~np.isnan(numbers), numbers, 0.0)
        return added

    def _show(self, target: Column) -> None:
        """Put the drawn values in their places, but for those whose gate is closed; a score holds
        its imputed items as they stand.
        """
        values = self.drawn[target.name]
        if target.name in self.rest:
            values = self.rest[target.name] + self._imputed_items(target)
        if target.gate and target.gate.name in self.deciding:
            closed_as = np.nan
            if target.equation.closed_as in target.levels:
                closed_as = float(target.levels.index(target.equation.closed_as))
            is_open = target.gate.is_open(self.deciding[target.gate.name][target.missing])
            values = np.where(is_open, values, closed_as)
        self._place(target, values)

    def _make(self, column: Column) -> None:
        """A passive variable from its sources as they stand, where they are not all known."""
        if column.name in self.numbers:
            values, is_missing = self._from_numbers(column)
        elif column.remembered is None or column.name in self.needed_as_series:
            values, is_missing = self._made(column)
        else:
            values, is_missing = self._from_memory(column, column.remembered)
        self.still_missing[column.name] = int(is_missing.sum())
        outside = int((np.isnan(values) & ~is_missing).sum())
        self._happened(column.name, ("no_place", ()), outside)
        self._place(column, values)

    def _from_numbers(self, column: Column) -> tuple[Array, Array]:
        """Numbers, and which are missing, as `_made` has them, without a series of any source."""
        sources = self.numbers[column.name]
        for part, numbers in zip(column.parts, sources, strict=True):
            if len(part.at):
                numbers[part.at] = self.shown[part.source][part.pick]
        of_numbers = self.passive[column.name].of_numbers
        assert of_numbers  # noqa: S101 (`_from_numbers_alone` has looked)
        made = of_numbers(sources)
        return np.where(np.isfinite(made), made, np.nan), np.isnan(made)

    def _from_memory(self, column: Column, remembered: Remembered) -> tuple[Array, Array]:
        """Codes, and which are missing, as `_made` has them; its function is asked only for rows
        with values that they have not had before.
        """
        asked = np.full((int(column.missing.sum()), 1 + len(column.parts)), np.nan)
        asked[:, 0] = np.arange(len(asked))
        for place, part in enumerate(column.parts, 1):
            if len(part.at):
                asked[part.at, place] = self.shown[part.source][part.pick]
        keys = [row.tobytes() for row in asked]
        new = [place for place, key in enumerate(keys) if key not in remembered]
        if len(remembered) + len(new) > ENOUGH_REMEMBERED:
            return self._made(column)
        if new:
            values, is_missing = self._made(column, new)
            for place, value, missing in zip(new, values, is_missing, strict=True):
                remembered[keys[place]] = (float(value), bool(missing))
        found = [remembered[key] for key in keys]
        return np.array([code for code, _ in found]), np.array([missing for _, missing in found])

    def _made(self, column: Column, rows: list[int] | None = None) -> tuple[Array, Array]:
        """What the function of a passive variable makes, as codes or numbers, and which of it is
        missing. rows: only of these places among its missing cells.
        """
        frame = {}
        for part in column.parts:
            now = self.series.get(part.source, self.shown.get(part.source))
            before, filled = self.kept.get((column.name, part.source), (None, None))
            if filled is None or before is not now:
                filled = self._filled(part)
                self.kept[column.name, part.source] = now, filled
            frame[part.source] = filled
        sources = pd.DataFrame(frame, index=self.index[column.name], copy=False)
        if rows is not None:
            sources = sources.iloc[rows]
        series = make(column.name, self.passive[column.name], sources)
        if rows is None:
            self.series[column.name] = series
        return column.coded(series), series.isna().to_numpy()

    def _filled(self, part: Part) -> pd.Series:
        if not len(part.at):
            return part.column
        if part.source in self.series:
            return put(part.column, part.at, self.series[part.source].iloc[part.pick])
        values = self.shown[part.source][part.pick]
        there = ~np.isnan(values)
        return put(part.column, part.at[there], self.sources[part.source].decoded(values[there]))

    def _place(self, column: Column, values: Array) -> None:
        self.shown[column.name] = values
        if column.places.stop > column.places.start:
            self.design[column.missing, column.places] = column.columns(values)
        if column.name in self.deciding:
            self.deciding[column.name][column.missing] = values
