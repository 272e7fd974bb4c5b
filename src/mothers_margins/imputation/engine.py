"""Chained equations: m chains, each with its own generator, swept variable by variable (van Buuren 2018, §4.5)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from mothers_margins.imputation import methods
from mothers_margins.imputation.analysis import fit_each
from mothers_margins.imputation.equations import LEVELLED, Equation, Equations, Event, Passive
from mothers_margins.imputation.pooling import DfRule, Pooled

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class _Target:
    """One variable as the engine holds it: its codes or numbers, where it is observed, and its place in the design.

    values: codes (levels) or numbers, nan where missing. places: its columns of the design. centre, scale: numbers are
    standardised as predictors.
    """

    name: str
    method: str
    equation: Equation
    values: Array
    missing: Array
    levels: tuple[Any, ...]
    places: slice
    centre: float = 0.0
    scale: float = 1.0

    def columns(self, values: Array) -> Array:
        """Values as they stand in the design."""
        if self.levels:
            return np.asarray(np.eye(len(self.levels))[values.astype(int)][:, 1:])
        return ((values - self.centre) / self.scale)[:, None]


@dataclass(frozen=True, eq=False)
class Chain:
    """What one chain imputed: values by variable, in the order of the missing rows; and its course sweep by sweep."""

    imputed: dict[str, Array]
    means: dict[str, list[float]]
    spreads: dict[str, list[float]]
    events: tuple[Event, ...]


@dataclass(frozen=True, eq=False)
class Imputations:
    """m completed data sets, held as the imputed cells only."""

    data: pd.DataFrame
    targets: tuple[_Target, ...]
    passive: dict[str, Passive]
    chains: tuple[Chain, ...]
    events: tuple[Event, ...]
    failed: dict[int, str] = field(default_factory=dict)

    @property
    def m(self) -> int:
        """Number of completed data sets."""
        return len(self.chains)

    def complete(self, i: int) -> pd.DataFrame:
        """The i-th completed data set, from 1; observed cells are as they were given. Raises IndexError beyond m."""
        if not 1 <= i <= self.m:
            raise IndexError(f"there are {self.m} imputations, numbered from 1")
        made = self.data.copy()
        for target in self.targets:
            made[target.name] = _filled(self.data[target.name], target, self.chains[i - 1].imputed[target.name])
        for name, passive in self.passive.items():
            values = passive.make(made[list(passive.sources)])
            made[name] = values.where(self.data[name].isna(), self.data[name]) if name in self.data else values
        return made

    def fit(
        self, formula: str, method: Literal["logit", "firth", "regress"] = "logit", df_rule: DfRule = "rubin"
    ) -> Pooled:
        """A model on every completed data set, pooled by Rubin's rules: see `fit_each`."""
        return fit_each((self.complete(i) for i in range(1, self.m + 1)), formula, method, df_rule)

    def trace(self) -> pd.DataFrame:
        """Mean and SD of the imputed values (share of each level but the first) by chain, sweep and variable."""
        rows = [
            {"chain": number, "sweep": sweep, "variable": name, "mean": mean, "sd": chain.spreads[name][sweep - 1]}
            for number, chain in enumerate(self.chains, 1)
            for name, means in chain.means.items()
            for sweep, mean in enumerate(means, 1)
        ]
        return pd.DataFrame(rows, columns=["chain", "sweep", "variable", "mean", "sd"])

    def rhat(self) -> pd.Series:
        """Potential scale reduction of each variable's trace of means over the second half of the sweeps.

        Gelman and Rubin 1992 (Stat Sci 7:457); near 1 where the chains have mixed. Missing for fewer than two chains or
        four sweeps, and where nothing varies.
        """
        found = {}
        for target in self.targets:
            means = np.array([chain.means[target.name] for chain in self.chains])
            half = means[:, means.shape[1] // 2 :]
            n = half.shape[1]
            within = half.var(axis=1, ddof=1).mean() if n > 1 else np.nan
            between = half.mean(axis=1).var(ddof=1) if len(half) > 1 else np.nan
            found[target.name] = float(np.sqrt((n - 1) / n + between / within)) if within > 0 else np.nan
        return pd.Series(found, dtype=float)


def _filled(column: pd.Series, target: _Target, imputed: Array) -> pd.Series:
    """A column with its missing cells filled, in its own type where that holds the values."""
    values: Any = [target.levels[int(code)] for code in imputed] if target.levels else imputed
    made = column.copy()
    if not target.levels and pd.api.types.is_integer_dtype(column.dtype):
        whole = np.round(imputed) == imputed
        made = made if whole.all() else made.astype("Float64")
    made.iloc[target.missing] = values
    return made


def chained(
    data: pd.DataFrame,
    equations: Equations,
    *,
    m: int,
    burnin: int = 10,
    seed: int,
    n_jobs: int = 1,
    batch: int = 0,
    progress: Callable[[int], object] | None = None,
) -> Imputations:
    """Impute the incomplete columns of a data frame m times by chained equations.

    data: every column is a predictor; leave out what is none. equations: for every incomplete column a method, an
    `Equation`, or `Passive`. burnin: sweeps of each chain. seed: every chain draws from its own child of it, so the
    result is the same for any n_jobs and batch (chains handed to a worker at a time), and the first k of m chains are
    those of a run with m = k. progress: called with the number of chains that are finished.
    Where a level is predicted perfectly, or has fewer observed rows than there are predictors, pseudo-rows support its
    equation (White, Daniel and Royston 2010), and an event of the chain says so.
    Returns `Imputations`; a chain that fails is named in `failed` and does not take the others with it.
    Raises ValueError, all problems at once, for a column without an equation, an equation without a column or of a kind
    that does not fit it, a column without one observed value, and complete columns that are no numbers and no levels.
    """
    targets, passive, complete, places, events = _prepared(data, equations)
    if m < 1 or burnin < 1:
        raise ValueError("chained: m and burnin are 1 or more.")
    seeds = np.random.SeedSequence(seed).spawn(m)
    engine = _Engine(data, targets, passive, complete, places, burnin)
    batches = [list(range(k, min(k + max(batch, 1), m))) for k in range(0, m, max(batch, 1))]
    found: list[Chain | str] = []
    from joblib import Parallel, delayed
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        made = Parallel(n_jobs=n_jobs, return_as="generator")(
            delayed(_run)(engine, [seeds[k] for k in numbers]) for numbers in batches
        )
        for part in made:
            found += part
            if progress:
                progress(len(found))
    failed = {number: one for number, one in enumerate(found, 1) if isinstance(one, str)}
    chains = tuple(one for one in found if isinstance(one, Chain))
    if not chains:
        raise ArithmeticError(f"chained: no chain could be finished: {next(iter(failed.values()))}")
    return Imputations(data, tuple(targets), passive, chains, tuple(events), failed)


def restored(
    data: pd.DataFrame, equations: Equations, chains: tuple[Chain, ...], failed: dict[int, str]
) -> Imputations:
    """Imputations of data and equations from chains that were finished before, as `store` reads them."""
    targets, passive, _, _, events = _prepared(data, equations)
    return Imputations(data, tuple(targets), passive, chains, tuple(events), failed)


def _run(engine: "_Engine", seeds: Sequence[np.random.SeedSequence]) -> list[Chain | str]:
    from threadpoolctl import threadpool_limits

    found: list[Chain | str] = []
    with threadpool_limits(1):  # sums in another order would differ in the last digits
        for number in seeds:
            try:
                found.append(engine.chain(np.random.Generator(np.random.PCG64(number))))
            except (ArithmeticError, np.linalg.LinAlgError) as error:
                found.append(f"{type(error).__name__}: {error}")
    return found


def _prepared(
    data: pd.DataFrame, equations: Equations
) -> tuple[list[_Target], dict[str, Passive], Array, dict[str, slice], list[Event]]:
    """Targets by their missing values, passive variables, the design with all columns, and where each stands in it."""
    problems, events = [], list[Event]()
    passive = {name: one for name, one in equations.items() if isinstance(one, Passive)}
    written = {name: one for name, one in equations.items() if not isinstance(one, Passive)}
    declared = {name: Equation(one) if isinstance(one, str) else one for name, one in written.items()}
    absent = [name for name in declared if name not in data]
    problems += [f"'{name}' has an equation and is no column" for name in absent]
    gaps: dict[str, Array] = {}
    for name in map(str, data):
        missing = data[name].isna().to_numpy()
        equation = declared.get(name)
        if equation and equation.applies is not None:
            missing = missing & equation.applies.to_numpy(dtype=bool)
        gaps[name] = missing
        if missing.any() and name not in equations:
            problems.append(f"'{name}' has missing values and no equation")
        if equation and missing.any() and not data[name].notna().any():
            problems.append(f"'{name}' has no observed value")
    order = sorted((name for name in declared if name in data and gaps[name].any()), key=lambda name: gaps[name].sum())
    columns, targets, place = [np.ones((len(data), 1))], list[_Target](), 1
    places: dict[str, slice] = {}
    for name in [*(n for n in map(str, data) if n not in order and n not in passive), *order]:
        values, levels, fault = _coded(data[name], declared[name].method if name in declared else "")
        if fault:
            problems.append(f"'{name}' {fault}")
            continue
        number = not levels
        seen = values[~np.isnan(values)]
        centre, scale = (float(seen.mean()), float(seen.std()) or 1.0) if number and len(seen) else (0.0, 1.0)
        width = 1 if number else len(levels) - 1
        target = _Target(
            name=name,
            method=declared[name].method if name in declared else "",
            equation=declared.get(name, Equation("pmm")),
            values=values,
            missing=gaps[name],
            levels=levels,
            places=slice(place, place + width),
            centre=centre,
            scale=scale,
        )
        filled = np.where(
            np.isnan(values), 0 if levels else centre, values
        )  # cells that do not apply stand at the base
        columns.append(target.columns(filled))
        places[name] = target.places
        place += width
        if name in order:
            targets.append(target)
            if number and len(seen) and np.ptp(seen) == 0:
                events.append(
                    Event(name, "constant where it is observed: the constant is imputed", int(gaps[name].sum()))
                )
    if problems:
        raise ValueError("chained: " + "; ".join(problems))
    for name, one in passive.items():
        missing_sources = [source for source in one.sources if source not in data]
        if missing_sources:
            raise ValueError(f"chained: passive '{name}' needs {', '.join(missing_sources)}, which is no column")
    return targets, passive, np.hstack(columns), places, events


def _coded(column: pd.Series, method: str) -> tuple[Array, tuple[Any, ...], str]:
    """A column as codes of its levels or as numbers, nan where missing; and what is wrong with it."""
    kind: Any = column.dtype
    is_number = pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
    if is_number and method not in LEVELLED:
        return column.to_numpy(dtype=float, na_value=np.nan), (), ""
    if method and method not in LEVELLED:
        return np.empty(0), (), f"has levels, and {method} is for numbers"
    if isinstance(kind, pd.CategoricalDtype):
        seen = set(column.dropna())
        levels = tuple(level for level in kind.categories if level in seen)
    else:
        levels = tuple(sorted(column.dropna().unique().tolist()))
    if method == "logit" and len(levels) > 2:
        return np.empty(0), (), f"has {len(levels)} levels, and logit is for two"
    codes = column.astype(object).map({level: code for code, level in enumerate(levels)})
    return codes.to_numpy(dtype=float, na_value=np.nan), levels or (None,), ""


class _Engine:
    """One study of chains: all that they share."""

    def __init__(
        self,
        data: pd.DataFrame,
        targets: list[_Target],
        passive: dict[str, Passive],
        complete: Array,
        places: dict[str, slice],
        burnin: int,
    ) -> None:
        self.data, self.targets, self.passive, self.burnin = data, targets, passive, burnin
        self.complete, self.places = complete, places
        self.predictors = {target.name: self._predictors(target) for target in targets}

    def _predictors(self, target: _Target) -> Array:
        """Columns of the design that predict a target: not its own, not the omitted."""
        keep = np.ones(self.complete.shape[1], dtype=bool)
        keep[target.places] = False
        for name, at in self.places.items():
            named = name in target.equation.only if target.equation.only else True
            if name in target.equation.omit or not named:
                keep[at] = False
        return np.flatnonzero(keep)

    def chain(self, rng: np.random.Generator) -> Chain:
        """Start from random observed values, then sweep."""
        design = self.complete.copy()
        imputed: dict[str, Array] = {}
        for target in self.targets:
            seen = target.values[~np.isnan(target.values)]
            imputed[target.name] = seen[rng.integers(0, len(seen), int(target.missing.sum()))]
            design[target.missing, target.places] = target.columns(imputed[target.name])
        means: dict[str, list[float]] = {target.name: [] for target in self.targets}
        spreads: dict[str, list[float]] = {target.name: [] for target in self.targets}
        counts: dict[tuple[str, str], int] = {}
        starts: dict[str, Any] = {}
        for _ in range(self.burnin):
            for target in self.targets:
                values, happened, starts[target.name] = self._draw(target, design, rng, starts.get(target.name))
                imputed[target.name] = values
                for event in happened:
                    counts[target.name, event] = counts.get((target.name, event), 0) + 1
                design[target.missing, target.places] = target.columns(values)
                means[target.name].append(float(values.mean()))
                spreads[target.name].append(float(values.std()))
        events = tuple(Event(name, event, n) for (name, event), n in counts.items())
        return Chain(imputed, means, spreads, events)

    def _draw(
        self, target: _Target, design: Array, rng: np.random.Generator, start: Any
    ) -> tuple[Array, list[str], Any]:
        """Values for the missing rows of one target, what had to be done, and where the next fit starts."""
        seen = ~np.isnan(target.values)
        columns = self.predictors[target.name]
        x, wanted = design[np.ix_(seen, columns)], design[np.ix_(target.missing, columns)]
        varies = np.ptp(x, axis=0) > 0
        varies[0] = True
        if not varies.all():
            x, wanted, start = x[:, varies], wanted[:, varies], None
        y = target.values[seen]
        if np.ptp(y) == 0:
            return np.full(len(wanted), y[0]), ["constant"], None
        if target.levels:
            return self._draw_levels(target, x, y.astype(int), wanted, rng, start)
        delta = target.equation.delta
        if target.method == "truncreg":
            low, high = target.equation.limits
            try:
                params, information = methods.fit_truncreg(x, y, low, high)
                drawn = methods._drawn(params, information, rng)
                return methods.draw_truncreg(wanted, drawn, low, high, rng) + delta, [], None
            except ArithmeticError:
                return self._matched(target, x, y, wanted, rng) + delta, ["not converged: pmm in its place"], None
        if target.method == "pmm":
            return self._matched(target, x, y, wanted, rng) + delta, [], None
        estimate, gram, residual, df = methods.fit_regress(x, y)
        params, sigma = methods.draw_regress_params(estimate, gram, residual, df, rng)
        return wanted @ params + sigma * rng.standard_normal(len(wanted)) + delta, [], None

    @staticmethod
    def _matched(target: _Target, x: Array, y: Array, wanted: Array, rng: np.random.Generator) -> Array:
        """Predictive mean matching, type 1: donors at the estimate, the missing at a draw (van Buuren 2018, §3.4.2)."""
        estimate, gram, residual, df = methods.fit_regress(x, y)
        params, _ = methods.draw_regress_params(estimate, gram, residual, df, rng)
        return methods.matched(x @ estimate, wanted @ params, y, target.equation.knn, rng)

    @staticmethod
    def _draw_levels(
        target: _Target, x: Array, codes: Array, wanted: Array, rng: np.random.Generator, start: Any
    ) -> tuple[Array, list[str], Any]:
        fit, draw = LEVELLED_METHODS[target.method]
        levels = len(target.levels)
        happened = list[str]()
        before, support = start if start is not None else (None, False)
        if before is not None and len(before) != _size(target.method, x.shape[1], levels):
            before = None
        # what was separated once stays supported in this chain: it would only fail again; and a level with fewer
        # observed rows than there are predictors is as good as separated
        support = support or np.bincount(codes, minlength=levels).min() < x.shape[1]
        if not support:
            try:
                params, information = fit(x, codes, None, before)
            except methods.NotConvergedError:
                support, before = True, None
        if support:
            happened.append("augmented")
            more, more_codes, weights = methods.augmented(x, codes, levels, np.vstack([x, wanted]))
            params, information = fit(more, more_codes, weights, before)
        drawn = methods._drawn(params, information, rng)
        if target.method == "logit" and target.equation.delta:
            drawn = drawn.copy()
            drawn[0] += target.equation.delta
        return draw(wanted, drawn, levels, rng), happened, (params, support)


def _size(method: str, p: int, levels: int) -> int:
    return {"logit": p, "ologit": p - 1 + levels - 1, "mlogit": p * (levels - 1)}[method]


LEVELLED_METHODS: dict[str, tuple[Callable[..., tuple[Array, Array]], Callable[..., Array]]] = {
    "logit": (methods.fit_logit, methods.draw_logit),
    "ologit": (methods.fit_ologit, methods.draw_ologit),
    "mlogit": (methods.fit_mlogit, methods.draw_mlogit),
}
