"""The columns that a comparison adds to a table of groups: difference, test, p, the p of the other
test where there are two, standardised difference.
"""

from collections.abc import Iterator, Sequence

from mothers_margins.errors import UsageError, count
from mothers_margins.results.results import Record, Results, checked, codes
from mothers_margins.results.shown import is_hidden, is_known, shown
from mothers_margins.study.study import Study
from mothers_margins.tables.cells import EMPTY, difference_of, of_row, p_of
from mothers_margins.tables.table import Cell, Column, Notes
from mothers_margins.wording.codes_of_notes import MADE_FOR_RELEASE, NOTES, P_CLASSES, note, p_sign
from mothers_margins.wording.sentences import sentence

FISHER = "fisher_exact"
STATISTICS = {
    "chi_squared": "χ²({df}) = {statistic}",
    "t": "t({df}) = {statistic}",
    "rank_sum": "W = {ranks}",
}
RANK_SUMS = (
    "W is R's (Mann and Whitney's U: pairs in which the value of the first group is the higher, "
    "ties half); the rank sum of that group, which Stata prints, is W + n(n + 1)/2 with its n."
)
# Codes that say why nothing was tested.
UNTESTED = (
    "groups_made_from_it",
    "zero_by_definition",
    "nothing_varies",
    "no_value_in_a_group",
    "too_few_values",
)


class ComparisonColumns:
    """Cells of the rows of comparisons, by variable and level; collects the notes that they
    need. variables: those of the table, which are all that its notes count and explain. who: the
    verb in whose name errors speak; UsageError for variables that were not compared, but for those
    that were made for the release, whose cells say so.
    """

    def __init__(self, results: Results, notes: Notes, variables: Sequence[str], who: str) -> None:
        about = checked(results, who, "comparisons")
        self.who = who
        self.study: Study = about.study
        self.released = about.released
        self.notes = notes
        self.groups = [group.label for group in about.groups.values()]
        self.rows: dict[tuple[str, str], list[Record]] = {}
        for row in results.to_dict("records"):
            if row["variable"] in variables:
                self.rows.setdefault((row["variable"], row["level"]), []).append(row)
        self.compared = {variable for variable, _ in self.rows}
        self._refuse_gaps(variables)
        tested = (key for key, rows in self.rows.items() if any(row["test"] for row in rows))
        self.tests = len({variable for variable, _ in tested})
        self.has_two_p = any(_planned_beside(rows) for rows in self.rows.values())
        self.quoted: set[str] = set()  # the tests whose p is shown, once the cells are made

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the columns. Of what is released no test statistic is, so it has no column of
        them, nor of the p of a second test.
        """
        if self.released:
            return ("difference", "p", "d")
        if self.has_two_p:
            return ("difference", "test", "p", "other_p", "d")
        return ("difference", "test", "p", "d")

    @property
    def none(self) -> tuple[Cell, ...]:
        """The cells of a row without a comparison."""
        return (EMPTY,) * len(self.keys)

    def columns(self) -> Iterator[Column]:
        """Headings; the order is that of `cells`."""
        heading = f"Difference ({self.study.file.tests.confidence:g}% CI)"
        spanner = f"{self.groups[0]} compared with: {self.groups[1]}"
        headings = {"difference": heading, "test": "Test", "p": "p", "d": "Std. difference"}
        headings["other_p"] = "p by chi-squared"
        for key in self.keys:
            yield Column(key, headings[key], None, spanner)

    def _refuse_gaps(self, variables: Sequence[str]) -> None:
        made = self.study.standing_in("release").values()
        absent = [name for name in variables if name not in self.compared]
        if self.released:
            absent = [name for name in absent if name not in made]
        if absent:
            wrong = f"{self.who}: the comparisons lack a variable of the table."
            raise UsageError(wrong, absent)

    def p_cell(self, variable: str) -> Cell:
        """The p-value of a variable's own row, alone."""
        return self.cells(variable)[self.keys.index("p")]

    def cells(self, variable: str, level: str = "", *, kind: str = "") -> tuple[Cell, ...]:
        """The cells of a row, a cell a column. kind: which summary of a number it shows, so which
        test belongs to it.
        """
        rows = self.rows.get((variable, level), [])
        median = kind == "median_iqr"
        tests = [row for row in rows if row["test"]]
        if kind:
            tests = [row for row in tests if (row["test"] == "rank_sum") == median]
        effects = {row["effect_name"]: row for row in rows if row["effect_name"]}
        difference = effects.get("difference")
        if difference is None and not median:
            difference = effects.get("difference_of_means")
        standardised = None if median else effects.get("standardised_difference")
        statistic, p_value, other = self._tested(tests)
        untested = next((row for row in rows if codes(row)[:1] and codes(row)[0] in UNTESTED), None)
        if untested and not median:
            p_value = Cell("", {}, "missing", self.notes.mark(self.why_untested(untested)))
        if variable not in self.compared:
            p_value = Cell("", {}, "missing", self.notes.mark(self.why_not_compared))
        cells = {"difference": self._difference(difference), "test": statistic, "p": p_value}
        cells |= {"other_p": other, "d": self._standardised(standardised)}
        return tuple(cells[key] for key in self.keys)

    def why_untested(self, row: Record) -> str:
        """The note of a variable that is not tested, with the study's own reason where it has
        one.
        """
        if row["reason"]:
            return sentence(f"{NOTES[codes(row)[0]]}: {row['reason']}")
        return note(row)

    def level_only(self, variable: str, level: str) -> tuple[Cell, ...]:
        """The cells of a level under its variable, whose test stands above: the difference
        alone.
        """
        return self.cells(variable, level)[0], *self.none[1:]

    def _tested(self, tests: list[Record]) -> tuple[Cell, Cell, Cell]:
        """The planned test's statistic, the p that the study's rule chooses, and the p of the
        planned test where the rule chooses Fisher's.
        """
        planned = next((row for row in tests if row["test"] != FISHER), None)
        fisher = next((row for row in tests if row["test"] == FISHER), None)
        by_fisher = fisher is not None and _has_p(fisher)
        quoted = fisher if by_fisher else planned
        if quoted is None:
            return EMPTY, EMPTY, EMPTY
        self.quoted.add(str(quoted["test"]))
        statistic = EMPTY if planned is None else _statistic(planned)
        other = EMPTY if planned is None or not by_fisher else p_of(planned)
        mark = ""
        if fisher and codes(fisher):  # a hidden one does not say why it stands there
            mark = self.notes.mark(self.why_fisher(codes(fisher)[0]))
        return statistic, p_of(quoted, mark), other

    @property
    def why_not_compared(self) -> str:
        """The note of a variable that was made for the release."""
        return sentence(MADE_FOR_RELEASE)

    def why_fisher(self, code: str) -> str:
        """The note of a p that is Fisher's."""
        return f"Fisher's exact test, {NOTES[code]}."

    def _difference(self, row: Record | None) -> Cell:
        return EMPTY if row is None else difference_of(row, self._made_from(row))

    def _standardised(self, row: Record | None) -> Cell:
        if row is None:
            return EMPTY
        return of_row("{standardised}", row, self._made_from(row), standardised="effect")

    def _made_from(self, row: Record) -> str:
        """The mark of an effect that was made again from what is released."""
        words = self.made_from(row)
        return self.notes.mark(words) if words else ""

    def made_from(self, row: Record) -> str:
        """The note of an effect that was made again; empty for any other."""
        return note(row)

    def _p_values(self, *, has_other: bool) -> int:
        """How many p-values there are to read: one for each variable or level that is tested, one
        more beside a median, and one more where that of a second test has a column (has_other).
        """
        so_many = 0
        for rows in self.rows.values():
            tests = {row["test"] for row in rows if row["test"]}
            so_many += len({test == "rank_sum" for test in tests})
            so_many += has_other and _planned_beside(rows)
        return so_many

    def explain(self, *, differences: bool = True) -> None:
        """Which tests these are and by which rule, under the table; differences: whether it shows
        them.
        """
        rules = self.study.file.tests
        rows = [row for by_key in self.rows.values() for row in by_key]
        tests = {row["test"] for row in rows}
        has_statistics = differences and not self.released
        what = "Test and p" if has_statistics else "p"
        self._explain_levels(rows, has_statistics)
        if rules.reported == "none":
            self.notes.plain("The publication reports no test; these are added.")
        if "t" in tests:
            means = (
                "Student's t-test, equal variances"
                if rules.variances == "equal"
                else "Welch's t-test"
            )
            self.notes.plain(f"{what} of means: {means}.")
        if "rank_sum" in tests:
            ranks = "with" if rules.rank_sum_correction else "without"
            words = (
                f"{what} beside a median: Wilcoxon's rank-sum test {ranks} continuity correction."
            )
            self.notes.plain(f"{words} {RANK_SUMS}" if has_statistics else words)
        if differences:
            self.notes.plain(
                f"Difference: {self.groups[0]} minus {self.groups[1]}, of unrounded numbers: of "
                "percentages in points with Newcombe's interval, or of means. Std. difference: "
                "over the root of the average variance; with two levels of the first one, with "
                "several a distance without a sign."
            )
        number = count(self._p_values(has_other=has_statistics), "p-value")
        self.notes.plain(
            f"p-values describe. {count(self.tests, 'variable')} tested, with {number}, without "
            "adjustment for their number; no test chose an explanatory variable."
        )
        if any(p_sign(row) for row in rows):
            self.notes.plain(P_CLASSES)

    def _explain_levels(self, rows: list[Record], has_statistics: bool) -> None:
        """Which test stands at levels, and where Fisher's p does."""
        rules = self.study.file.tests
        fisher = [row for row in rows if row["test"] == FISHER]
        pearson = (
            f"Pearson's chi-squared {'with' if rules.yates else 'without'} continuity correction"
        )
        if fisher and all("asked_for" in codes(row) for row in fisher):
            beside = f" Test, and p beside: {pearson}." if has_statistics else ""
            self.notes.plain(f"p of levels: Fisher's exact test.{beside}")
        elif any(row["test"] == "chi_squared" for row in rows):
            where = "Test and p of levels" if has_statistics else "p of levels"
            words = f"{where}: {pearson}"
            if fisher:
                words += (
                    f"; where an expected count is below {rules.fisher_below:g}, p is by Fisher's "
                    "exact test"
                )
                words += ", and that by chi-squared stands beside it" if has_statistics else ""
                words += self._departs
            self.notes.plain(f"{words}.")

    @property
    def _departs(self) -> str:
        """That Fisher's test is not what the protocol reports; empty where it reports none."""
        if self.study.file.tests.reported == "none":
            return ""
        return ", which departs from the planned test by the study's rule"


def _statistic(planned: Record) -> Cell:
    """The statistic of a test, with its degrees of freedom where it has them."""
    pattern = STATISTICS[str(planned["test"])]
    # ranks: a multiple of a half
    shown_by = {"df": "df", "statistic": "statistic", "ranks": "statistic"}
    asked = {name: column for name, column in shown_by.items() if f"{{{name}}}" in pattern}
    return of_row(pattern, planned, **asked)


def _planned_beside(rows: list[Record]) -> bool:
    """Whether Fisher's p stands in the place of that of the planned test, which has one, too."""
    tests = {row["test"]: _has_p(row) for row in rows if row["test"]}
    return tests.get(FISHER, False) and "chi_squared" in tests


def _has_p(row: Record) -> bool:
    """Whether a row has a p-value, which may be hidden."""
    value = shown(row, "p_value")
    return is_hidden(value) or is_known(value)
