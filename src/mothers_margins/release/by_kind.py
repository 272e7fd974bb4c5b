"""What becomes of results by their kind. A kind that is not listed is never released."""

from collections.abc import Callable, Mapping

from mothers_margins.release.protected import ProtectedStudy
from mothers_margins.release.stand_ins import (
    released_comparisons,
    released_estimates,
    released_predictions,
)
from mothers_margins.release.summaries import released_summary
from mothers_margins.results.results import Results, checked

AllInternal = Mapping[str, Results]
ByKind = Callable[[str, Results, AllInternal, ProtectedStudy], Results | None]


def _summaries(
    _: str, results: Results, __: AllInternal, protected: ProtectedStudy
) -> Results | None:
    return released_summary(results, protected)


def _estimates(
    name: str, results: Results, internal: AllInternal, protected: ProtectedStudy
) -> Results | None:
    return released_estimates(results, _cells_of(name, internal), protected)


def _predictions(
    name: str, results: Results, internal: AllInternal, protected: ProtectedStudy
) -> Results | None:
    return released_predictions(results, _cells_of(name, internal), protected)


def _cells_of(name: str, internal: AllInternal) -> Results | None:
    """The cells behind estimates or predictions: `estimates_MODEL_t1`, `per_hundred_MODEL_t1` and
    `firth_MODEL_t1` are of `cells_MODEL_t1`.
    """
    of_models = [cells for cells in internal if cells.startswith("cells_")]
    fitting = [cells for cells in of_models if name.endswith(cells.removeprefix("cells"))]
    return internal[fitting[0]] if fitting else None


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
