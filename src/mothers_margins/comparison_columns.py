"""The columns that a comparison adds to a table of groups: difference, test, p, standardised difference."""

from collections.abc import Hashable, Iterator
from math import isnan, nan
from typing import Any

from mothers_margins.errors import UsageError, count
from mothers_margins.results import Results, checked
from mothers_margins.study import Study
from mothers_margins.table import Cell, Column, Notes

SYMBOLS = {"chi_squared": "χ²({df}) = {statistic}", "t": "t({df}) = {statistic}", "rank_sum": "W = {ranks}"}
EMPTY = Cell("")


class ComparisonColumns:
    """Cells of the rows of comparisons, by variable and level; collects the notes that they need."""

    def __init__(self, results: Results, notes: Notes) -> None:
        about = checked(results, "characteristics", "comparisons")
        self.study: Study = about.study
        self.notes = notes
        self.groups = [group.label for group in about.groups.values()]
        self.rows: dict[tuple[str, str], list[dict[Hashable, Any]]] = {}
        for row in results.to_dict("records"):
            self.rows.setdefault((row["variable"], row["level"]), []).append(row)
        self.tests = sum(any(row["test"] for row in rows) for rows in self.rows.values())

    def columns(self) -> Iterator[Column]:
        """Headings; the order is that of `cells`."""
        heading = f"Difference ({self.study.file.tests.confidence:g}% CI)"
        spanner = f"{self.groups[0]} compared with: {self.groups[1]}"
        for key, text in (("difference", heading), ("test", "Test"), ("p", "p"), ("d", "Std. difference")):
            yield Column(key, text, None, spanner)

    def check(self, names: Iterator[str]) -> None:
        """Raises UsageError for variables that were not compared."""
        compared = {variable for variable, _ in self.rows}
        absent = [name for name in names if name not in compared]
        if absent:
            raise UsageError("characteristics: the comparisons lack a variable of the table.", absent)

    def cells(self, variable: str, level: str = "", *, kind: str = "") -> tuple[Cell, ...]:
        """The four cells of a row. kind: which summary of a number it shows, so which test belongs to it."""
        rows = self.rows.get((variable, level), [])
        untested = next((row for row in rows if str(row["note"]).startswith("not ")), None)
        tests = [row for row in rows if row["test"]]
        if kind:
            tests = [row for row in tests if (row["test"] == "rank_sum") == (kind == "median_iqr")]
        effects = {row["effect_name"]: row for row in rows if row["effect_name"]}
        difference = effects.get("difference") or (effects.get("difference_of_means") if kind != "median_iqr" else None)
        standardised = effects.get("standardised_difference") if kind != "median_iqr" else None
        shown = [_difference(difference), *self._tested(tests)]
        shown += [_number("standardised", standardised)]
        if untested and kind != "median_iqr":
            said = str(untested["note"]).split(";")[0]
            shown[2] = Cell("", {"p_quoted": nan}, "missing", self.notes.mark(said[0].upper() + said[1:] + "."))
        return tuple(shown)

    def level_only(self, variable: str, level: str) -> tuple[Cell, ...]:
        """The cells of a level under its variable, whose test stands above: the difference alone."""
        return self.cells(variable, level)[0], EMPTY, EMPTY, EMPTY

    def _tested(self, tests: list[dict[Hashable, Any]]) -> list[Cell]:
        planned = next((row for row in tests if row["test"] != "fisher_exact"), None)
        fisher = next((row for row in tests if row["test"] == "fisher_exact"), None)
        counted = fisher is not None and not isnan(fisher["p_value"])
        quoted = fisher if counted else planned
        if quoted is None:
            return [EMPTY, EMPTY]
        statistic = EMPTY
        if planned:
            pattern = SYMBOLS[planned["test"]] + (" (p {p_planned})" if counted else "")
            numbers = {"df": planned["df"], "statistic": planned["statistic"], "p_planned": planned["p_value"]}
            numbers["ranks"] = planned["statistic"]  # a multiple of a half
            statistic = Cell(pattern, numbers, str(planned["status"]))
        mark = self.notes.mark(f"Fisher's exact test: {fisher['note'].split(';')[0]}.") if fisher else ""
        return [statistic, Cell("{p_quoted}", {"p_quoted": quoted["p_value"]}, str(quoted["status"]), mark)]

    def explain(self, *, differences: bool = True) -> None:
        """Which tests these are and by which rule, under the table; differences: whether it shows them."""
        rules = self.study.file.tests
        yates = "with" if rules.yates else "without"
        variances = "Student's t-test, equal variances" if rules.variances == "equal" else "Welch's t-test"
        ranks = "with" if rules.rank_sum_correction else "without"
        pearson = f"Pearson's chi-squared {yates} continuity correction"
        made = {row["test"] for rows in self.rows.values() for row in rows}
        fisher = [row for rows in self.rows.values() for row in rows if row["test"] == "fisher_exact"]
        brackets = ", its p in brackets" if differences else ""
        if fisher and all(str(row["note"]).startswith("exact") for row in fisher):
            self.notes.plain(f"Levels: Fisher's exact test; {pearson} stands beside it{brackets}.")
        elif "chi_squared" in made:
            rule = f"where an expected count is below {rules.fisher_below:g}, Fisher's exact test is quoted{brackets}"
            departs = ", which departs from the planned test by this rule" * (rules.reported != "none")
            self.notes.plain(f"Levels: {pearson}; {rule.replace('its', 'with its') if differences else rule}{departs}.")
        if rules.reported == "none":
            self.notes.plain("The publication reports no test; these are added.")
        beside = f" Beside a median: Wilcoxon's rank-sum test {ranks} continuity correction."
        if "t" in made:
            self.notes.plain(f"Means: {variances}.{beside if 'rank_sum' in made else ''}")
        if differences:
            self.notes.plain(
                f"Differences: {self.groups[0]} minus {self.groups[1]}, of percentages in points with Newcombe's "
                "interval, or of means. Standardised differences: over the root of the average variance; with two "
                "levels of the first one, with several a distance without a sign."
            )
        self.notes.plain(
            f"p-values describe. {count(self.tests, 'variable')} tested, without adjustment for their number; no test "
            "chose an explanatory variable."
        )


def _difference(row: dict[Hashable, Any] | None) -> Cell:
    if row is None:
        return EMPTY
    numbers = {"difference": row["effect"], "low": row["conf_low"], "high": row["conf_high"]}
    return Cell("{difference} ({low} to {high})", numbers, str(row["status"]))


def _number(key: str, row: dict[Hashable, Any] | None) -> Cell:
    return EMPTY if row is None else Cell(f"{{{key}}}", {key: row["effect"]}, str(row["status"]))
