"""What a note says under a table that has room for few words; the whole table says it in full."""

from collections.abc import Collection

from mothers_margins.results.results import Record, codes
from mothers_margins.study.analysis_plan import Tests
from mothers_margins.wording.codes_of_notes import PERCENT_ONLY
from mothers_margins.wording.numbers import SYMBOLS

FISHER = "Fisher's exact test."
NOT_TESTED = "Not tested."
NOT_COMPARED = "Not compared."
ZERO = "Zero by definition."
AS_PRINTED = "From what is printed."  # an effect that was made again from what is released
HELD_BACK = f"{SYMBOLS['suppressed']}: held back."
RELEASED_AS = {
    "share_of_all": "Of all in the column.",
    "or_not_known": "Of all, with those not known.",
    PERCENT_ONLY: "Per cent of those known.",
}
DIFFERENCE = "Difference: the first minus the second, of unrounded percentages or means."
# Of what is released, where more letters need their words.
SHORT_DIFFERENCE = "Difference: of unrounded percentages or means."
PUT_TOGETHER = "levels put together"  # after the title of a variable
STANDARDISED = "Std. difference: in standard deviations."
P_CLASS = "<, ≥: class of p."  # where more digits would tell a small count
IN_FULL = "Rules and gaps: whole table."
ALL_LEVELS_IN_FULL = "Rules, gaps and p of all levels: the whole table."


def cells_are(many: str) -> str:
    """What the cells of a body table are; many: what its rows count."""
    return f"Of all {many} in the column, or of N known."


SHORT_CELLS = "Of all in the column, or of N known."  # of what is released, as above


def planned_tests(rules: Tests, used: Collection[str], *, of_levels_shown: bool) -> str:
    """The planned tests among those that were used; empty where none was. of_levels_shown: whether
    levels are put together, so that p is of other ones than those recorded.
    """
    of_means = "Student's" if rules.variances == "equal" else "Welch's"
    words = {
        "chi_squared": "chi-squared",
        "t": f"{of_means} t",
        "rank_sum": "Wilcoxon's rank sum",
    }
    planned = [said for test, said in words.items() if test in used]
    what = "p (of levels shown)" if of_levels_shown else "p"
    return f"{what}: {', '.join(planned)}." if planned else ""


def released_as(row: Record) -> str:
    """How a count is printed that is released in another form than n of those known; else empty."""
    words = [RELEASED_AS[code] for code in codes(row) if code in RELEASED_AS]
    return words[-1] if words else ""  # the last is the one that says more
