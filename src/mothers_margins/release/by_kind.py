"""What becomes of results by their kind. A kind that is not listed is never released."""

from collections.abc import Callable, Mapping, Sequence

from mothers_margins.release.comparisons import released_comparisons
from mothers_margins.release.estimates import released_estimates
from mothers_margins.release.predictions import released_predictions
from mothers_margins.release.protected import ProtectedStudy
from mothers_margins.release.summaries import released_summary
from mothers_margins.release.withheld import Withheld
from mothers_margins.results.results import Results, checked

AllInternal = Mapping[str, Results]
Left = tuple[Results | None, list[Withheld]]
ByKind = Callable[[str, Results, AllInternal, ProtectedStudy, Sequence[Results]], Left]
# What comes first keeps its numbers where a later one would tell a small count together with it.
ORDER = ("summaries", "comparisons", "estimates", "predictions")


def _summaries(
    _: str, results: Results, __: AllInternal, protected: ProtectedStudy, ___: Sequence[Results]
) -> Left:
    return released_summary(results, protected), []


def _estimates(
    name: str,
    results: Results,
    internal: AllInternal,
    protected: ProtectedStudy,
    beside: Sequence[Results],
) -> Left:
    return released_estimates(results, _cells_of(name, internal), protected, beside)


def _predictions(
    name: str,
    results: Results,
    internal: AllInternal,
    protected: ProtectedStudy,
    beside: Sequence[Results],
) -> Left:
    return released_predictions(results, _cells_of(name, internal), protected, beside)


def _comparisons(
    _: str, results: Results, __: AllInternal, protected: ProtectedStudy, ___: Sequence[Results]
) -> Left:
    return released_comparisons(results, protected)


def _cells_of(name: str, internal: AllInternal) -> Results | None:
    """The cells behind estimates or predictions: `estimates_MODEL_t1`, `per_hundred_MODEL_t1` and
    `firth_MODEL_t1` are of `cells_MODEL_t1`.
    """
    of_models = [cells for cells in internal if cells.startswith("cells_")]
    fitting = [cells for cells in of_models if name.endswith(cells.removeprefix("cells"))]
    return internal[fitting[0]] if fitting else None


KINDS: Mapping[str, ByKind] = {
    "summaries": _summaries,
    "estimates": _estimates,
    "predictions": _predictions,
    "comparisons": _comparisons,
}
# Kinds that never leave for a reason of their own, as the code of it; the others are nobody's to
# read. Bins are not in the joint protection: beside a released mean, or bands of the same number,
# they would tell single values.
NEVER: Mapping[str, str] = {"bins": "bins"}


def why_internal(results: Results) -> str:
    """Why results of a kind that is not handled stay internal, as a code."""
    return NEVER.get(checked(results, "release").kind, "internal_only")


def in_order(internal: AllInternal) -> list[str]:
    """Names of results in the order in which they are released; the main models' estimates before
    those of others.
    """

    def place(name: str) -> tuple[int, bool, str]:
        kind = checked(internal[name], "release").kind
        by_kind = ORDER.index(kind) if kind in ORDER else len(ORDER)
        return by_kind, not name.startswith("estimates_"), name

    return sorted(internal, key=place)


def released_results(
    name: str,
    results: Results,
    internal: AllInternal,
    protected: ProtectedStudy,
    beside: Sequence[Results] = (),
) -> Left:
    """Results as they may leave, and what is withheld of them; None if they stay internal, as every
    kind does that is not handled. beside: estimates that leave before them.
    """
    handled = KINDS.get(checked(results, "release").kind)
    return handled(name, results, internal, protected, beside) if handled else (None, [])
