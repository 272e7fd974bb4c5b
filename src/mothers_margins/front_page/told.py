"""What a release says in sentences, before its first picture, and the words that they need."""

from collections.abc import Iterator

from mothers_margins.front_page.ready import main_models
from mothers_margins.release.released import Released
from mothers_margins.results.results import Record
from mothers_margins.results.shown import shown
from mothers_margins.study.conditions import Group
from mothers_margins.study.study import Study
from mothers_margins.tables.characteristics import characteristics
from mothers_margins.tables.estimates_by_fit import read_estimates
from mothers_margins.tables.model_table import EXTRAS
from mothers_margins.wording import front_page as words
from mothers_margins.wording.methods import is_imputed
from mothers_margins.wording.terms import label


def told(released: Released) -> Iterator[str]:
    """One paragraph for each main outcome: of how many it is recorded, when, and what goes together
    with it. Of a study without a model: who took part, and which themes there are. Each ends with
    the marks of its results, because it is made to be copied.
    """
    models = main_models(released)
    paragraphs = {name: _of_model(released, name) for name in models}
    if not models:
        paragraphs = {**_of_those_who_took_part(released), **_of_themes(released)}
    for name, paragraph in paragraphs.items():
        marks = [f"{mark}." for mark in released.results(name).about.marks]
        if paragraph:
            yield " ".join([paragraph, *marks])


def explained(released: Released) -> Iterator[tuple[str, str]]:
    """The words that the sentences and pictures of a release need, each with what it means."""
    study = released.study
    primary = [row for name in main_models(released) for row in _primary(released, name)]
    if primary and len(study.timepoints) > 1:
        yield words.TIMEPOINT, words.timepoints(_said_of_timepoints(study))
    if primary:
        yield words.ADJUSTED, words.adjusted(study.file.regression.confidence)
    if any(is_imputed(str(row["method"])) for row in primary):
        yield words.IMPUTED, words.MEANS_IMPUTED
    if not is_already_public(released):
        yield words.HIDDEN, words.hidden(released.manifest.policy)


def is_already_public(released: Released) -> bool:
    """Whether all that is shown was published before, so that nothing is held back."""
    return released.manifest.policy["name"] == "already_public"


def _primary(released: Released, name: str) -> list[Record]:
    """The adjusted estimates of the primary analysis of a model: the planned ones, imputed where
    anything is. None where there are no adjusted ones.
    """
    _, estimates = read_estimates(released, "front_page", name)
    adjusted = [fit for fit in estimates.fits if fit.model == "adjusted"]
    planned = [fit for fit in adjusted if estimates.of_fit(fit)[0]["standing"] not in EXTRAS]
    imputed = [fit for fit in planned if is_imputed(fit.method)]
    chosen = next(iter(imputed or planned or adjusted), None)
    return estimates.of_fit(chosen) if chosen else []


def _of_model(released: Released, name: str) -> str:
    """Of how many an outcome is recorded, and which intervals leave out that there is no
    difference.
    """
    study = released.study
    rows = _primary(released, name)
    if not rows:
        return ""
    counted = next((row for row in rows if row["status"] != "suppressed"), rows[0])
    title = label(study, str(counted["outcome"]))
    how_many = words.recorded(study, title, shown(counted, "n_events"), shown(counted, "n"))
    return " ".join([how_many, *words.associated(study, rows)])


def _said_of_timepoints(study: Study) -> dict[int, str]:
    """What a study says of the timepoints of its main outcomes: how it describes the group of those
    who have them.
    """
    said: dict[int, str] = {}
    for timepoint, outcome in study.main_outcomes.items():
        described = [group.description for group in study.groups.values() if _has(group, outcome)]
        if isinstance(timepoint, int) and any(described):
            said[timepoint] = next(filter(None, described))
    return dict(sorted(said.items()))


def _has(group: Group, outcome: str) -> bool:
    """Whether a group is of those with an outcome, and of nobody else."""
    if {*group.where} != {outcome}:
        return False
    condition = group.where[outcome]
    return condition.levels == ("Yes",) and not condition.excluded


def _of_those_who_took_part(released: Released) -> dict[str, str]:
    """The groups of the first table, with how many they are; by the name of its results."""
    declared = [name for name in released.study.tables if name in released.names]
    said: dict[str, str] = {}
    for name in declared[:1]:
        columns = characteristics(released, name).columns
        said[name] = words.took_part(
            [f"{column.heading} ({column.size_text})" for column in columns]
        )
    return said


def _of_themes(released: Released) -> dict[str, str]:
    """The titles of themes, by the name of their results."""
    said: dict[str, str] = {}
    for name in released.names:
        results = released.results(name)
        if results.about.kind == "themes":
            said[name] = words.themes([str(theme) for theme in dict.fromkeys(results["theme"])])
    return said
