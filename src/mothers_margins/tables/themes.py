"""The table of themes and sub-themes."""

from mothers_margins.errors import UsageError
from mothers_margins.results.results import Results, checked
from mothers_margins.tables.table import Notes, Row, Section, Table
from mothers_margins.wording.head_and_foot import cited


def themes(results: Results) -> Table:
    """The table of themes and sub-themes, labels as printed. Raises UsageError if the results are
    not themes.
    """
    study = checked(results, "themes", "themes").study
    titled = study.themes
    if titled is None:
        raise UsageError(f"study {study.name}: it has no themes.yaml.")
    sections = tuple(
        Section(str(theme), tuple(Row(subtheme) for subtheme in rows["subtheme"]))
        for theme, rows in results.groupby("theme", sort=False)
    )
    notes = Notes()
    notes.plain(titled.method)
    notes.plain(titled.note)
    notes.plain("The publication gives no frequency of any theme, so none is shown.")
    return Table(
        name=study.file.themes.table if study.file.themes else "themes",
        caption=titled.title,
        stub="Themes and sub-themes",
        columns=(),
        sections=sections,
        notes=notes.all(),
        mark="",
        source=cited(study),
        rounding=study.file.rounding,
    )
