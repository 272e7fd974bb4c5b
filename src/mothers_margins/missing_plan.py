"""The missing-data plan of a study, as study.yaml says it under `missing_data`."""

from typing import Literal

from pydantic import Field

from mothers_margins.schema import Definition

DfRule = Literal["rubin", "barnard-rubin"]


class Run(Definition):
    """How the run of one outcome imputes. An outcome predicts in its own run and is never imputed.

    also: other outcomes that predict in it. unknown: what of participants for whom one of these is
    not known: `average` (as predictor it stands at the share of those known) or `left_out`.
    """

    also: tuple[str, ...] = ()
    unknown: Literal["average", "left_out"] | None = None


class MissingData(Definition):
    """Rules of multiple imputation.

    m: imputations. burnin: sweeps of each chain. sensitivity_m: imputations of sensitivity runs.
    df_rule: degrees of freedom of pooled estimates: Rubin's (what Stata does for logit) or Barnard
    and Rubin's. composites: a derived variable, with the parts that are imputed and from which it
    is made again. auxiliaries: predictors that are in no model. methods: where one is not that of
    the variable's kind. shifts: by variable, what is added to imputed values (to log-odds of a yes)
    in a run that is not missing at random. outcomes: the run of each outcome; one that is not
    listed is not imputed for.
    """

    m: int = Field(ge=2)
    burnin: int = Field(ge=1)
    seed: int = Field(ge=0)
    sensitivity_m: int = Field(ge=2)
    df_rule: DfRule = "rubin"
    composites: dict[str, tuple[str, ...]] = {}
    auxiliaries: tuple[str, ...] = ()
    methods: dict[str, Literal["logit", "ologit", "mlogit", "pmm", "regress", "truncreg"]] = {}
    shifts: dict[str, float] = {}
    outcomes: dict[str, Run] = Field(min_length=1)
    assumption: str
    reason_for_shifts: str = ""
