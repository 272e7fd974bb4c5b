"""Multiple imputation by chained equations, and pooling, on any data frame. Imports nothing of the
rest.
"""

from mothers_margins.imputation.clip import MeanDistribution
from mothers_margins.imputation.engine import chained
from mothers_margins.imputation.equations import (
    Answers,
    Cut,
    Draws,
    Equation,
    Event,
    ImputedAnswer,
    Passive,
    default_method,
)
from mothers_margins.imputation.fit_each import fit_each
from mothers_margins.imputation.imputations import Imputations
from mothers_margins.imputation.pooling import (
    JointTest,
    Pooled,
    combine_statistics,
    fmi_limit,
    how_many_imputations,
    imputations_needed,
    pool_estimates,
)
from mothers_margins.imputation.store import read_cells, write_cells

__all__ = [
    "Answers",
    "Cut",
    "Draws",
    "Equation",
    "Event",
    "Imputations",
    "ImputedAnswer",
    "JointTest",
    "MeanDistribution",
    "Passive",
    "Pooled",
    "chained",
    "combine_statistics",
    "default_method",
    "fit_each",
    "fmi_limit",
    "how_many_imputations",
    "imputations_needed",
    "pool_estimates",
    "read_cells",
    "write_cells",
]
