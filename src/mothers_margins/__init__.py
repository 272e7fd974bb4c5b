"""Reproducible analysis of small, sensitive, mixed-methods studies. The public verbs, in the order
of an analysis:

    study = mm.read_study("hscc_2019")              what data_dictionary/hscc_2019/ says cohort =
    mm.open_cohort(study)                  the analyst's own file, else the demonstration rows
    cohort = mm.derive(cohort)                      bands and merged levels added summary =
    mm.summarise(cohort, variables, groups)   tidy results: numbers, one row per statistic table =
    mm.characteristics(summary, "table_1")  a table to read, and to quote from mm.save(summary,
    "table_1")                     into internal/ of the run's folder

Each verb returns a new object and changes nothing in place. Modules are imported when a verb is
first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from mothers_margins.analysis.comparisons.compare import compare
    from mothers_margins.analysis.data_check import flow, impossible, missingness, scored
    from mothers_margins.analysis.missing_data.impute import impute
    from mothers_margins.analysis.missing_data.imputed import Imputed
    from mothers_margins.analysis.missing_data.patterns import imputed_values, patterns
    from mothers_margins.analysis.missing_data.sensitivity import bounds, stability, suppose
    from mothers_margins.analysis.missing_data.to_stata import to_stata
    from mothers_margins.analysis.regression.check_model import check_model
    from mothers_margins.analysis.regression.fit import Fit
    from mothers_margins.analysis.regression.fit_logistic import available_case, fit_logistic
    from mothers_margins.analysis.regression.model_data import why_not
    from mothers_margins.analysis.regression.pooled_fit import PooledFit, pool
    from mothers_margins.analysis.regression.standardise import standardise
    from mothers_margins.analysis.summarise import check_published, list_themes, summarise
    from mothers_margins.cohort.cohort import Cohort
    from mothers_margins.cohort.derive import derive
    from mothers_margins.cohort.read_cohort import open_cohort, read_cohort
    from mothers_margins.demo.shipped import demo_cohort
    from mothers_margins.errors import (
        DataError,
        DisclosureError,
        MothersMarginsError,
        StudyError,
        UsageError,
    )
    from mothers_margins.figures.bars import group_bars, missing_bars
    from mothers_margins.figures.check import check
    from mothers_margins.figures.figure import Figure
    from mothers_margins.figures.flow_diagram import flow_diagram
    from mothers_margins.figures.forest import forest
    from mothers_margins.figures.imputation import fmi_by_m, imputed_bars, traces
    from mothers_margins.results.results import Results, stack
    from mothers_margins.results.save import save
    from mothers_margins.study.read_study import read_study
    from mothers_margins.study.study import Source, Study
    from mothers_margins.tables.characteristics import characteristics
    from mothers_margins.tables.diagnostics import diagnostics
    from mothers_margins.tables.imputation import (
        imputation_log,
        imputed_beside_observed,
        in_words,
        per_hundred,
        precision,
    )
    from mothers_margins.tables.needs import needs
    from mothers_margins.tables.odds_ratios import odds_ratios
    from mothers_margins.tables.overview import overview
    from mothers_margins.tables.table import Table
    from mothers_margins.tables.tally import tally
    from mothers_margins.tables.themes import themes
    from mothers_margins.wording.prose import say
    from mothers_margins.wording.treatment_of_missing_data import treatment_of_missing_data

# Where each public name lives (PEP 562): importing the package stays fast, and pandas is loaded
# with the first verb.
_ROOMS = {
    "study.read_study": ["read_study"],
    "study.study": ["Source", "Study"],
    "cohort.cohort": ["Cohort"],
    "cohort.read_cohort": ["open_cohort", "read_cohort"],
    "demo.shipped": ["demo_cohort"],
    "cohort.derive": ["derive"],
    "analysis.data_check": ["flow", "impossible", "missingness", "scored"],
    "analysis.comparisons.compare": ["compare"],
    "analysis.summarise": ["check_published", "list_themes", "summarise"],
    "analysis.regression.fit": ["Fit"],
    "analysis.missing_data.imputed": ["Imputed"],
    "analysis.missing_data.impute": ["impute"],
    "analysis.regression.pooled_fit": ["PooledFit", "pool"],
    "analysis.regression.fit_logistic": ["available_case", "fit_logistic"],
    "analysis.regression.model_data": ["why_not"],
    "analysis.regression.standardise": ["standardise"],
    "analysis.missing_data.sensitivity": ["bounds", "stability", "suppose"],
    "analysis.missing_data.patterns": ["imputed_values", "patterns"],
    "analysis.missing_data.to_stata": ["to_stata"],
    "analysis.regression.check_model": ["check_model"],
    "results.results": ["Results", "stack"],
    "results.save": ["save"],
    "tables.table": ["Table"],
    "wording.prose": ["say"],
    "tables.characteristics": ["characteristics"],
    "tables.tally": ["tally"],
    "tables.themes": ["themes"],
    "tables.odds_ratios": ["odds_ratios"],
    "tables.diagnostics": ["diagnostics"],
    "tables.imputation": [
        "imputation_log",
        "imputed_beside_observed",
        "in_words",
        "per_hundred",
        "precision",
    ],
    "wording.treatment_of_missing_data": ["treatment_of_missing_data"],
    "tables.needs": ["needs"],
    "figures.figure": ["Figure"],
    "figures.check": ["check"],
    "figures.flow_diagram": ["flow_diagram"],
    "figures.forest": ["forest"],
    "figures.bars": ["group_bars", "missing_bars"],
    "figures.imputation": ["fmi_by_m", "imputed_bars", "traces"],
    "tables.overview": ["overview"],
    "errors": ["DataError", "DisclosureError", "MothersMarginsError", "StudyError", "UsageError"],
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'mothers_margins' has no attribute '{name}'")
    # No module may bear a verb's name: once imported it would hide the verb.
    found = getattr(import_module(f"mothers_margins.{_HOME[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
