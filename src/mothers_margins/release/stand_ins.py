"""What stands here until the rules for estimates, predictions and comparisons are merged: nothing
of them is released.
"""

from mothers_margins.release.protected import ProtectedStudy
from mothers_margins.results.results import Results


def released_estimates(_: Results, __: Results | None, ___: ProtectedStudy) -> Results | None:
    """Nothing yet."""
    return None


def released_predictions(_: Results, __: Results | None, ___: ProtectedStudy) -> Results | None:
    """Nothing yet."""
    return None


def released_comparisons(_: Results, __: ProtectedStudy) -> Results | None:
    """Nothing yet."""
    return None
