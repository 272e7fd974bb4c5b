"""What the study says of its analyses: codings, models, the lock, rules, the missing-data plan."""

from typing import Literal

from pydantic import Field

from mothers_margins.study.yaml_file import Definition


class Coding(Definition):
    """How a variable enters a model: a number per so many units, the order of its levels, or levels
    beside a reference.

    merged: levels put together first, to avoid small cells. label: how the term is printed.
    assumption: what is ours.
    """

    label: str = ""
    assumption: str = ""
    per: float | None = Field(None, gt=0)
    linear: Literal["as declared", "reversed"] | None = None
    reference: str = ""
    merged: dict[str, tuple[str, ...]] = Field({}, alias="levels")


class Model(Definition):
    """Explanatory variables per outcome. A model that departs from another says from which, when
    and why.

    coding: where it codes a variable otherwise than the study does. cluster: the variable that says
    from which cluster a participant comes (an organisation, a ward); standard errors are then
    robust to what those of one cluster have in common.
    """

    title: str
    terms: dict[str, tuple[str, ...]] = {}
    departs_from: str = ""
    dated: str = ""
    reason: str = ""
    add: dict[str, tuple[str, ...]] = {}
    replace: dict[str, str] = {}
    coding: dict[str, Coding] = {}
    cluster: str = ""


class Lock(Definition):
    """The list of explanatory variables as it was agreed, copied here on that day: what is changed
    later, shows.

    coding: of those whose coding was agreed too.
    """

    locked_on: str = Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])$")
    agreed_with: str
    model: str
    terms: dict[str, tuple[str, ...]] = Field(min_length=1)
    coding: dict[str, Coding] = {}


class Regression(Definition):
    """Rules of every model.

    minimum_cell: fewest dyads in a level with, and without, the outcome (a mean over imputations).
    below_minimum: what happens below it: Firth's estimates stand `beside` those of maximum
    likelihood, `replace` them, or the model stops. few_events: events per parameter that a model of
    a primary, secondary or sensitivity outcome needs; exploratory_events: those that one of an
    exploratory outcome needs. firth_interval: interval and p of Firth's estimates, by penalised
    profile likelihood (pooled by CLIP) or Wald's. firth_std_error: from the ordinary information
    (as SAS and brglm2 do) or that of the augmented data (logistf). clustered_in: the clusters from
    which participants come, as printed ('42 organisations'); a model without a cluster variable
    then says that its standard errors do not allow for them. few_clusters: number of clusters below
    which a table warns.
    """

    minimum_cell: int = Field(5, ge=1)
    below_minimum: Literal["beside", "replace", "stop"] = "beside"
    few_events: float = Field(5, ge=0)
    exploratory_events: float = Field(10, ge=0)
    confidence: float = Field(95, gt=50, lt=100)
    firth_interval: Literal["profile", "wald"] = "profile"
    firth_std_error: Literal["information", "augmented"] = "information"
    clustered_in: str = ""
    few_clusters: int = Field(30, ge=0)
    reason: str = ""


class Tests(Definition):
    """Which tests are reported, why, and by which rules two groups are compared.

    yates: continuity correction of chi-squared. variances: of the t-test (equal is Student's,
    unequal Welch's). fisher_below: an expected count below this has Fisher's exact test beside
    chi-squared, and quoted in its place. rank_sum: for which numbers Wilcoxon's test stands beside
    the t-test (those with a median, or none), and whether with continuity correction.
    """

    reported: Literal["none", "chi_squared_and_t"]
    reason: str
    yates: bool = False
    variances: Literal["equal", "unequal"] = "equal"
    fisher_below: float = Field(5, ge=0)
    rank_sum: Literal["skewed", "none"] = "skewed"
    rank_sum_correction: bool = False
    confidence: float = Field(95, gt=50, lt=100)


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
