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
    from mothers_margins.builders import characteristics, tally, themes
    from mothers_margins.charts import flow_diagram, forest, group_bars, missing_bars
    from mothers_margins.check_table import diagnostics
    from mothers_margins.cohort import Cohort
    from mothers_margins.comparison import compare
    from mothers_margins.data_check import flow, impossible, missingness, scored
    from mothers_margins.demo import demo_cohort
    from mothers_margins.derivation import derive
    from mothers_margins.describe import check_published, list_themes, summarise
    from mothers_margins.dictionary import read_study
    from mothers_margins.errors import (
        DataError,
        DisclosureError,
        MothersMarginsError,
        StudyError,
        UsageError,
    )
    from mothers_margins.figure import Figure, check
    from mothers_margins.fitted import Fit
    from mothers_margins.glance import overview
    from mothers_margins.imputation_charts import fmi_by_m, imputed_bars, traces
    from mothers_margins.imputing import Imputed, impute
    from mothers_margins.missing_data import bounds, imputed_values, patterns, stability, suppose
    from mothers_margins.missing_tables import (
        imputation_log,
        imputed_beside_observed,
        in_words,
        per_hundred,
        precision,
    )
    from mothers_margins.missing_text import treatment_of_missing_data
    from mothers_margins.model_checks import check_model
    from mothers_margins.model_tables import odds_ratios
    from mothers_margins.needs_table import needs
    from mothers_margins.pooled import PooledFit, pool
    from mothers_margins.reader import open_cohort, read_cohort
    from mothers_margins.regression import available_case, fit_logistic, why_not
    from mothers_margins.results import Results, save, stack
    from mothers_margins.standardisation import standardise
    from mothers_margins.stata_export import to_stata
    from mothers_margins.study import Source, Study
    from mothers_margins.table import Table, say

# Where each public name lives (PEP 562): importing the package stays fast, and pandas is loaded
# with the first verb.
_ROOMS = {
    "dictionary": ["read_study"],
    "study": ["Source", "Study"],
    "cohort": ["Cohort"],
    "reader": ["open_cohort", "read_cohort"],
    "demo": ["demo_cohort"],
    "derivation": ["derive"],
    "data_check": ["flow", "impossible", "missingness", "scored"],
    "comparison": ["compare"],
    "describe": ["check_published", "list_themes", "summarise"],
    "fitted": ["Fit"],
    "imputing": ["Imputed", "impute"],
    "pooled": ["PooledFit", "pool"],
    "regression": ["available_case", "fit_logistic", "why_not"],
    "standardisation": ["standardise"],
    "missing_data": ["bounds", "imputed_values", "patterns", "stability", "suppose"],
    "stata_export": ["to_stata"],
    "model_checks": ["check_model"],
    "results": ["Results", "save", "stack"],
    "table": ["Table", "say"],
    "builders": ["characteristics", "tally", "themes"],
    "model_tables": ["odds_ratios"],
    "check_table": ["diagnostics"],
    "missing_tables": [
        "imputation_log",
        "imputed_beside_observed",
        "in_words",
        "per_hundred",
        "precision",
    ],
    "missing_text": ["treatment_of_missing_data"],
    "needs_table": ["needs"],
    "figure": ["Figure", "check"],
    "charts": ["flow_diagram", "forest", "group_bars", "missing_bars"],
    "imputation_charts": ["fmi_by_m", "imputed_bars", "traces"],
    "glance": ["overview"],
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
