"""What chains leave: the imputed cells, their course, and what was done on the way."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from mothers_margins.imputation.columns import Column, put
from mothers_margins.imputation.equations import Event, Name, Passive
from mothers_margins.imputation.fit_each import fit_each
from mothers_margins.imputation.passive import make
from mothers_margins.imputation.pooling import DfRule, Pooled

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Chain:
    """What one chain imputed: values by variable, in the order of the missing rows, nan where its
    gate is closed; and its course sweep by sweep. expected: of levels, the share of the rarest that
    the last equation expected among the observed rows; nan of numbers.
    """

    imputed: dict[Name, Array]
    means: dict[Name, list[float]]
    spreads: dict[Name, list[float]]
    events: tuple[Event, ...]
    expected: dict[Name, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Imputations:
    """m completed data sets, held as the imputed cells only. predictors: by target the names whose
    columns of the design predict it, one for each column but the constant.
    """

    data: pd.DataFrame
    targets: tuple[Column, ...]
    passive: dict[Name, Passive]
    chains: tuple[Chain, ...]
    events: tuple[Event, ...]
    failed: dict[int, str] = field(default_factory=dict)
    predictors: dict[Name, tuple[str, ...]] = field(default_factory=dict)

    @property
    def m(self) -> int:
        """Number of completed data sets."""
        return len(self.chains)

    def complete(self, i: int) -> pd.DataFrame:
        """The i-th completed data set, from 1; observed cells are as they were given. Raises
        IndexError beyond m.
        """
        if not 1 <= i <= self.m:
            raise IndexError(f"there are {self.m} imputations, numbered from 1")
        made = self.data.copy()
        for target in self.targets:
            imputed = self.chains[i - 1].imputed[target.name]
            applies = ~np.isnan(imputed)
            at = np.flatnonzero(target.missing)[applies]
            made[target.name] = put(self.data[target.name], at, target.decoded(imputed[applies]))
        for name, passive in self.passive.items():
            values = make(name, passive, made[list(passive.sources)])
            if name in self.data:
                missing = self.data[name].isna().to_numpy()
                values = put(self.data[name], missing, values[missing])
            made[name] = values
        return made

    def fit(
        self,
        formula: str,
        method: Literal["logit", "firth", "regress"] = "logit",
        df_rule: DfRule | None = None,
    ) -> Pooled:
        """A model on every completed data set, pooled by Rubin's rules: see `fit_each`."""
        return fit_each((self.complete(i) for i in range(1, self.m + 1)), formula, method, df_rule)

    def events_frame(self, by_chain: bool = False) -> pd.DataFrame:
        """All events: variable, event (of HAPPENINGS), names, chains (in how many), n (sweeps, or
        cells, in all).

        by_chain: one row per chain instead, with its number in `chain` (-1: what holds for all of
        them). A chain that failed is an event without a variable; its names are the kind of error,
        and `failed` has the message.
        """
        rows = [(event.variable, event.event, event.names, -1, event.n) for event in self.events]
        for number, chain in enumerate(self.chains, 1):
            rows += [
                (event.variable, event.event, event.names, number, event.n)
                for event in chain.events
            ]
        for why in self.failed.values():
            rows.append(("", "chain_failed", (why.partition(":")[0],), -1, 1))
        log = pd.DataFrame(rows, columns=["variable", "event", "names", "chain", "n"])
        if by_chain:
            return log
        log["chains"] = np.where((log["chain"] < 0) & (log["variable"] != ""), self.m, 1)
        return log.groupby(["variable", "event", "names"], sort=False, as_index=False)[
            ["chains", "n"]
        ].sum()

    def trace(self) -> pd.DataFrame:
        """Mean and SD of the imputed values (share of each level but the first) by chain, sweep and
        variable.
        """
        rows = [
            {
                "chain": number,
                "sweep": sweep,
                "variable": name,
                "mean": mean,
                "sd": chain.spreads[name][sweep - 1],
            }
            for number, chain in enumerate(self.chains, 1)
            for name, means in chain.means.items()
            for sweep, mean in enumerate(means, 1)
        ]
        return pd.DataFrame(rows, columns=["chain", "sweep", "variable", "mean", "sd"])

    def rhat(self) -> pd.Series:
        """Potential scale reduction of each variable's trace of means over the second half of the
        sweeps.

        Gelman and Rubin 1992 (Stat Sci 7:457); near 1 where the chains have mixed. Missing for
        fewer than two chains or four sweeps, and where nothing varies.
        """
        return pd.Series(
            {
                target.name: _scale_reduction(
                    np.array([chain.means[target.name] for chain in self.chains])
                )
                for target in self.targets
            },
            dtype=float,
        )


def _scale_reduction(means: Array) -> float:
    """R-hat of one trace, chains x sweeps."""
    half = means[:, means.shape[1] // 2 :]
    m, n = half.shape
    within = half.var(axis=1, ddof=1).mean() if n > 1 else np.nan
    between = half.mean(axis=1).var(ddof=1) if m > 1 else np.nan
    if within == 0 and between > 0:
        return np.inf  # every chain stands still, each at a place of its own
    return float(np.sqrt((n - 1) / n + between / within)) if within > 0 else np.nan
