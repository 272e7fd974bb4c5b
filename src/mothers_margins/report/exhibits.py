"""Tables and figures of a report, made from what was released by the verbs that make them
everywhere else. What is told by texts alone is made in `text_tables`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from mothers_margins.errors import MothersMarginsError, StudyError
from mothers_margins.figures.figure import Figure
from mothers_margins.figures.flow_diagram import flow_diagram
from mothers_margins.figures.forest import forest
from mothers_margins.release.released import Released
from mothers_margins.report import text_tables
from mothers_margins.report.departures_run import departures_run
from mothers_margins.report.material import Material
from mothers_margins.report.missing_answers import missing_answers
from mothers_margins.report.report_file import Exhibit
from mothers_margins.results.results import About, Results, Row, tidy
from mothers_margins.results.shown import is_known, shown
from mothers_margins.tables.characteristics import characteristics
from mothers_margins.tables.imputation import per_hundred
from mothers_margins.tables.model_table import model_table
from mothers_margins.tables.needs import needs
from mothers_margins.tables.odds_ratios import odds_ratios
from mothers_margins.tables.overview import overview
from mothers_margins.tables.table import Table

Made = Table | Figure
Maker = Callable[[Material, Exhibit], Made]
OF_RATIOS = ("model_table", "odds_ratios", "departures_run")  # summaries quote none of them


def exhibits(material: Material) -> dict[str, Made]:
    """Every table and figure that report.yaml names, by its name.

    Raises StudyError with all that cannot be made, and why.
    """
    made: dict[str, Made] = {}
    faults: list[str] = []
    for name, asked in material.written.file.exhibits.items():
        try:
            made[name] = _made(material, asked)
        except MothersMarginsError as error:
            why = "; ".join([error.summary, *error.problems[:3]])
            faults.append(f"report.yaml: exhibit {name}: {why}")
    if faults:
        raise StudyError("The report cannot be made: tables or figures are not there.", faults)
    return made


def _made(material: Material, asked: Exhibit) -> Made:
    made = MAKERS[asked.show](material, asked)
    return replace(made, caption=asked.caption) if asked.caption else made


def _characteristics(material: Material, asked: Exhibit) -> Table:
    """A table of groups: of a released one, laid out as a planned table of another name."""
    released, (of,) = material.released, asked.of
    if asked.table:
        beside = released.results(asked.beside) if asked.beside else None
        return characteristics(released.results(of), asked.table, comparisons=beside)
    return characteristics(released, of, comparisons=asked.beside or None)


def _course(material: Material, asked: Exhibit) -> Table:
    (of,) = asked.of
    return characteristics(material.released.results(of), asked.table, percent=True)


def _needs(material: Material, asked: Exhibit) -> Table:
    """The whole table of needs, or of all mothers alone where nothing stands beside it."""
    (of,) = asked.of
    return needs(material.released, of, asked.beside or None)


def _model_table(material: Material, asked: Exhibit) -> Table:
    return model_table(material.released, name=asked.of[0])


def _odds_ratios(material: Material, asked: Exhibit) -> Table:
    return odds_ratios(material.released, name=asked.of[0])


def _per_hundred(material: Material, asked: Exhibit) -> Table:
    return per_hundred(material.released, name=asked.of[0])


def _forest(material: Material, asked: Exhibit) -> Figure:
    return forest(material.released, names=asked.of)


def _overview(material: Material, asked: Exhibit) -> Table:
    """A part of the definition. What departs from the plan names the analyses that were released
    by another method.
    """
    part, *estimates = asked.of
    results = [material.released.results(name) for name in estimates]
    return overview(material.study, part, *results)


def _departures_run(material: Material, asked: Exhibit) -> Table:
    return departures_run(material.released, asked.of)


def _missing_answers(material: Material, asked: Exhibit) -> Table:
    return missing_answers(material.released, asked.of)


def _flow(material: Material, asked: Exhibit) -> Figure:
    """The flow of participants, from the sizes of released tables: who is in the file, then pairs
    of a table of groups and the estimates of its outcome.
    """
    released = material.released
    whole, *pairs = asked.of
    about = replace(released.results(whole).about, kind="flow")
    in_file = _sizes(released, whole)
    rows: list[Row] = []
    for of, estimates in zip(pairs[::2], pairs[1::2], strict=True):
        rows += _steps(released, in_file, of, estimates)
    return flow_diagram(_flow_results(rows, about))


def _flow_results(rows: list[Row], about: About) -> Results:
    return tidy(rows, about)


def _sizes(released: Released, name: str) -> dict[str, Row]:
    """By group, how many are in it, and whether that may be said."""
    results = released.results(name)
    own = results[results["variable"] == "n"]
    return {
        str(row["group"]): {"n": row["value"], "status": row["status"]}
        for row in own.to_dict("records")
    }


def _steps(
    released: Released, in_file: Mapping[str, Row], of: str, estimates: str
) -> Iterator[Row]:
    """The steps of one outcome: all in the file, those known with their two groups, complete
    cases.
    """
    results = released.results(estimates)
    outcome = str(results["outcome"].iloc[0])
    whole, *sides = _sizes(released, of).values()
    (everyone, *_) = in_file.values()
    yield {"outcome": outcome, "step": "in_file", "group": "all", **everyone}
    yield {"outcome": outcome, "step": "outcome_known", "group": "all", **whole}
    for group, size in zip(("yes", "no"), sides, strict=True):
        yield {"outcome": outcome, "step": "outcome_known", "group": group, **size}
    for row in results.to_dict("records"):
        if row["method"] == "complete_case":
            number = shown(row, "n")
            known = is_known(number)
            size = {"n": float(number), "status": "shown"} if known else {"status": "suppressed"}
            yield {"outcome": outcome, "step": "complete_case", "group": "all", **size}
            return


MAKERS: Mapping[str, Maker] = {
    "characteristics": _characteristics,
    "course": _course,
    "needs": _needs,
    "model_table": _model_table,
    "odds_ratios": _odds_ratios,
    "per_hundred": _per_hundred,
    "forest": _forest,
    "flow": _flow,
    "missing_answers": _missing_answers,
    "departures_run": _departures_run,
    "overview": _overview,
    **text_tables.MAKERS,
}


@dataclass(frozen=True)
class Numbered:
    """An exhibit with its place in the report. number: among tables, or among figures."""

    name: str
    number: int
    made: Made

    @property
    def kind(self) -> str:
        """'table' or 'figure'."""
        return "table" if isinstance(self.made, Table) else "figure"

    @property
    def label(self) -> str:
        """'Table 3'."""
        return f"{self.kind.capitalize()} {self.number}"

    @property
    def anchor(self) -> str:
        """What links to it."""
        return f"{self.kind}_{self.name}"

    @property
    def caption(self) -> str:
        """What it shows."""
        return self.made.caption
