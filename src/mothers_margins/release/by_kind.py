"""What becomes of results by their kind. A kind that is not listed is never released."""

from collections.abc import Callable, Mapping

from mothers_margins.release.protected import ProtectedStudy
from mothers_margins.release.stand_ins import (
    released_comparisons,
    released_estimates,
    released_predictions,
    released_summary,
)
from mothers_margins.results.results import Results, checked

AllInternal = Mapping[str, Results]
ByKind = Callable[[str, Results, AllInternal, ProtectedStudy], Results | None]


def _summaries(
    name: str, results: Results, _: AllInternal, protected: ProtectedStudy
) -> Results | None:
    return released_summary(results, protected, name)


def _estimates(
    name: str, results: Results, internal: AllInternal, protected: ProtectedStudy
) -> Results | None:
    cells = internal.get(name.replace("estimates_", "cells_", 1)) if name else None
    return None if cells is None else released_estimates(results, cells, protected)


def _predictions(
    name: str, results: Results, internal: AllInternal, protected: ProtectedStudy
) -> Results | None:
    cells = internal.get(name.replace("per_hundred_", "cells_", 1))
    return None if cells is None else released_predictions(results, cells, protected)


def _comparisons(
    _: str, results: Results, __: AllInternal, protected: ProtectedStudy
) -> Results | None:
    return released_comparisons(results, protected)


KINDS: Mapping[str, ByKind] = {
    "summaries": _summaries,
    "estimates": _estimates,
    "predictions": _predictions,
    "comparisons": _comparisons,
}


def released_results(
    name: str, results: Results, internal: AllInternal, protected: ProtectedStudy
) -> Results | None:
    """Results as they may leave; None if they stay internal, as every kind does that is not
    handled.
    """
    handled = KINDS.get(checked(results, "release").kind)
    return handled(name, results, internal, protected) if handled else None
