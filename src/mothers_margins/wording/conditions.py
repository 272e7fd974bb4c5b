"""Conditions of the study definition in words."""

from mothers_margins.study.conditions import Where
from mothers_margins.study.study import Study


def in_words(study: Study, where: Where) -> str:
    """'Safeguarding category is none; Country is not Wales'; everybody where it is empty."""
    conditions = []
    for name, condition in where.items():
        levels = " or ".join(
            named_level(study, name, level) for level in (*condition.levels, *condition.codes)
        )
        levels += f" but not {' or '.join(condition.but)}" if condition.but else ""
        if condition.known is not None:
            levels = "known" if condition.known else "not known"
        elif condition.at_least is not None:
            levels = f"{condition.at_least:g} or more"
        conditions.append(f"{study.label(name)} is {'not ' if condition.excluded else ''}{levels}")
    return "; ".join(conditions) or f"every {study.file.unit.one}"


def named_level(study: Study, variable: str, level: str) -> str:
    """A level, with its label where the code does not speak."""
    declared = study.fields[variable].categories if variable in study.fields else ()
    label = next((other.label for other in declared if other.value == level), "")
    return f"{level} ({label})" if label else level
