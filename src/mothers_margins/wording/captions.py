"""Captions: what a table or a figure shows, of whom, when, and of how many. No two that differ in
what they show have the same caption; numbers (Table 5a.1) are given to them on a page (`batch`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from pandas.api.typing import NAType

from mothers_margins.errors import count
from mothers_margins.results.results import Record, Results, codes
from mothers_margins.results.shown import Value, is_hidden, is_known, shown
from mothers_margins.study.study import Study
from mothers_margins.wording.methods import method
from mothers_margins.wording.numbers import count_text, symbol
from mothers_margins.wording.sentences import capital
from mothers_margins.wording.terms import label, specification

NAMED = 2  # variables that a caption names; of more it says how many


def of_estimates(study: Study, start: str, rows: Sequence[Record]) -> str:
    """'Associations with: OUTCOME. MODEL. Imputed: 278 dyads, 99 with the outcome; complete cases:
    186, 57 with the outcome'. start: what of them is shown, as in 'Associations with'.
    """
    outcomes = dict.fromkeys(str(row["outcome"]) for row in rows)
    models = dict.fromkeys(str(row["specification"]) for row in rows)
    titles = [f"{start}: {'; '.join(label(study, name) for name in outcomes)}"]
    titles.append("; ".join(filter(None, (specification(study, name) for name in models))))
    titles += when(study, " ".join(label(study, name) for name in outcomes), rows)
    titles.append(samples(study, rows))
    return ". ".join(filter(None, titles))


def when(study: Study, said: str, rows: Sequence[Record]) -> list[str]:
    """The timepoints of results of a study that has several, where the study's own title does not
    say their number.
    """
    if len(study.timepoints) < 2:
        return []
    named = {str(row["timepoint"]) for row in rows if not isinstance(row["timepoint"], NAType)}
    unsaid = named - set(re.findall(r"\w+", said))
    return [f"Timepoint {timepoint}" for timepoint in sorted(unsaid)]


def samples(study: Study, rows: Sequence[Record]) -> str:
    """By how many participants each method's estimates are: '278 dyads, 99 with the outcome'."""
    adjusted = [row for row in rows if row["model"] == "adjusted"] or rows
    by_method: dict[str, list[Record]] = {}
    for row in adjusted:
        if "joint_test" not in codes(row):
            by_method.setdefault(str(row["method"]), []).append(row)
    texts: list[str] = []
    for used, own in by_method.items():
        unit = "" if texts else f" {study.file.unit.many}"
        n = _from_to(shown(row, "n") for row in own)
        events = _from_to(shown(row, "n_events") for row in own)
        texts.append(f"{method(used)}: {n}{unit}, {events} with the outcome")
    return capital("; ".join(texts))


def of_outcome(study: Study, start: str, results: Results, outcome: str = "") -> str:
    """'What the equations rest on: OUTCOME. MODEL': what is shown, and the outcomes and models that
    results are of, as far as they say. outcome: that of results which do not say theirs.
    """
    named = _in_column(results, "outcome") or [outcome]
    outcomes = [name for name in named if name in study.outcomes]
    titles = "; ".join(label(study, name) for name in outcomes)
    models = [specification(study, name) for name in _in_column(results, "specification")]
    parts = [f"{start}: {titles}" if titles else start]
    parts.append("; ".join(filter(None, models)))
    parts += when(study, parts[0], results.to_dict("records"))
    return ". ".join(filter(None, parts))


def of_methods(study: Study, start: str, results: Results) -> str:
    """As `of_outcome`, with the methods that results are by, and of how many."""
    rows = results.to_dict("records")
    return ". ".join([of_outcome(study, start, results), samples(study, rows)])


def of_checks(study: Study, start: str, results: Results) -> str:
    """As `of_outcome`, with the method of the model that was checked, and of how many."""
    used = [method(name) for name in _in_column(results, "method")]
    rows = [row for row in results.to_dict("records") if row["check"] != "calibration"]
    n = _from_to(shown(row, "n") for row in rows)
    of_all = f"{'; '.join(used)}, {n} {study.file.unit.many}"
    return f"{of_outcome(study, start, results)}. {capital(of_all)}"


def of_variables(study: Study, start: str, titles: Sequence[str]) -> str:
    """'Percentages of mother-infant dyads, 11 variables'; up to two are named: 'Percentages of
    mother-infant dyads: Country'.
    """
    sign = ":" if len(titles) <= NAMED else ","
    return f"{start} of {study.file.unit.many}{sign} {_named(titles, NAMED)}"


def distributions(study: Study, titles: Sequence[str], named: int = NAMED) -> str:
    """'Histograms of 12 variables, in mother-infant dyads', or the names of no more than
    `named`.
    """
    return f"Histograms of {_named(titles, named)}, in {study.file.unit.many}"


def _named(titles: Sequence[str], named: int) -> str:
    """The names of variables, if they are no more than `named`; how many there are of more, and of
    none.
    """
    if len(titles) > named or not titles:
        return count(len(titles), "variable")
    *others, last = titles
    return f"{', '.join(others)} and {last}" if others else last


def of_part(study: Study, part: str, outcome: str) -> str:
    """A part of the study definition, as far as it concerns an outcome, if one is given."""
    about = f": {label(study, outcome)}" if outcome else ""
    return f"{part}{about} (study {study.name})"


def with_percentages(title: str, *, percent: bool, as_published: bool) -> str:
    """The title of a table of counts, with what is added to them: one table can be shown in three
    ways.
    """
    if percent:
        return f"{title}, with the percentages of each column"
    return f"{title}, with the publication's percentages" if as_published else title


def of_all(start: str, sizes: Mapping[str, Value | float]) -> str:
    """What is shown, and of how many: the size of the first group, which holds the others."""
    first = next(iter(sizes.values()), None)
    return start if first is None else f"{start} (n = {count_text(first)})"


def by_group(
    start: str, labels: Mapping[str, str], sizes: Mapping[str, Value | float] | None = None
) -> str:
    """What is shown, and of which groups, with their sizes where they are given: 'Characteristics:
    Involved (n = 99); Not involved (n = 179)'.
    """
    parts: list[str] = []
    for name, title in labels.items():
        size = (sizes or {}).get(name)
        parts.append(title if size is None else f"{title} (n = {count_text(size)})")
    return f"{start}: {'; '.join(parts)}" if parts else start


def sizes(results: Results) -> dict[str, Value | float]:
    """How many participants are in each group of summaries."""
    rows = results[(results["variable"] == "n") & (results["statistic"] == "n")]
    return {str(row["group"]): shown(row, "value") for row in rows.to_dict("records")}


def _in_column(results: Results, column: str) -> list[str]:
    """What a column holds, each once, where the kind has one."""
    if column not in results:
        return []
    return [name for name in dict.fromkeys(results[column].astype("str")) if name]


def _from_to(values: Iterable[Value]) -> str:
    """A number, or from the least to the most of several; a symbol where one is hidden or none is
    known.
    """
    every = list(values)
    known = [float(value) for value in every if is_known(value)]
    if any(map(is_hidden, every)) and not known:
        return symbol(*every)
    ends = dict.fromkeys([min(known), max(known)]) if known else {}
    return " to ".join(count_text(end) for end in ends) or symbol(*every)
