"""Names of variables, levels and terms of models, as the study declares them.

Results hold codes; tables, figures and prose take their words from this folder. Labels of the study
are printed as they are declared, never in another case.
"""

from mothers_margins.results.results import Record
from mothers_margins.results.shown import is_known, shown
from mothers_margins.study.analysis_plan import Coding
from mothers_margins.study.study import Study

YES_NO = ("Yes", "No")
QUARTILES = {"lower_quartile": "lower quartile", "upper_quartile": "upper quartile"}


def label(study: Study, name: str) -> str:
    """A variable's title as declared; of a term that is no single variable its own text."""
    known = name in study.declared or name in study.set_titles
    return study.label(name) if known else name


def level(study: Study, variable: str, value: str) -> str:
    """A level as printed: the label that the dictionary gives its code, else the level itself."""
    field = study.fields.get(variable)
    for declared in field.categories if field else ():
        if declared.value == value:
            return declared.label or value
    return value


def shared_levels(study: Study, variables: tuple[str, ...]) -> list[str]:
    """The levels of variables that have the same ones, as printed."""
    first = variables[0]
    return [level(study, first, value) for value in study.levels(first)]


def named(study: Study, variable: str, value: str) -> str:
    """A level with its variable: 'Ethnicity: Black'; the title alone stands for the Yes."""
    title = label(study, variable)
    return title if value in ("", "Yes") else f"{title}: {level(study, variable, value)}"


def coding(study: Study, row: Record) -> Coding | None:
    """How the variable of an estimate entered its model; None for a formula."""
    model, variable = str(row["specification"]), str(row["variable"])
    known = model in study.file.models and variable in study.codings
    return study.coding(model, variable) if known else None


def unit(study: Study, row: Record) -> str:
    """What an estimate of a number is per: 'per 5 years'; empty for levels."""
    entered = coding(study, row)
    return entered.label if entered and not row["level"] else ""


def term(study: Study, row: Record) -> str:
    """A term of a model: 'Age, per 5 years'; 'Ethnicity: Black'; of Yes and No the title alone
    stands for the Yes.
    """
    name, per = named(study, str(row["variable"]), str(row["level"])), unit(study, row)
    return f"{name}, {per}" if per else name


def term_beside_reference(study: Study, row: Record) -> str:
    """A term with what it is compared with: 'Schizophrenia, compared with no such diagnosis
    recorded'.
    """
    name = term(study, row)
    compared = compared_with(study, row)
    return f"{name}, {compared}" if compared else name


def compared_with(study: Study, row: Record) -> str:
    """What a level is compared with, as the study words it, else its reference; empty for a
    number.
    """
    entered = coding(study, row)
    if not row["level"]:
        return ""
    if entered and entered.label and not entered.merged:
        return entered.label
    variable, reference = str(row["variable"]), str(row["reference"])
    if not reference or (row["level"], reference) == YES_NO:  # a title alone says both
        return ""
    return f"compared with {level(study, variable, reference)}"


def at(study: Study, row: Record) -> str:
    """The level of a prediction; of a number the value that all have: '62.5 (upper quartile)'."""
    side = QUARTILES.get(str(row["level"]))
    if side is None:
        return level(study, str(row["variable"]), str(row["level"]))
    value = shown(row, "at")
    return f"{value:.4g} ({side})" if is_known(value) else side


def specification(study: Study, name: str) -> str:
    """What a model is called; the first of the study needs no name."""
    models = study.file.models
    if name in models:
        return "" if name == next(iter(models)) else models[name].title
    return "By a formula"
