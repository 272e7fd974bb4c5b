"""The table of who took part: characteristics by group."""

from mothers_margins.absent import Absent, not_there
from mothers_margins.errors import UsageError, expect_flags
from mothers_margins.release.released import Released
from mothers_margins.results.results import Results, checked
from mothers_margins.study.definition import BODY
from mothers_margins.study.study_file import Block, TablePlan
from mothers_margins.tables.body_table import body_table
from mothers_margins.tables.cells import table_of, titled
from mothers_margins.tables.characteristic_rows import CharacteristicRows
from mothers_margins.tables.table import Table
from mothers_margins.wording import captions
from mothers_margins.wording.terms import label


def characteristics(
    results: Results | Released,
    name: str | None = None,
    *,
    percent: bool = False,
    as_published: bool = False,
    comparisons: Results | str | Absent | None = None,
    title: str = "",
) -> Table:
    """A table of summaries: one column per group, one section per block of the study's plan for
    `name`.

    results: summaries, or what was released, of which `name` is one, and `comparisons` the name of
    one. name: a table of study.yaml; without it, one section per variable of the results. Of the
    name of a body table, results are those of the table that it is of; it shows percentages, and
    nothing that its page has no room for. Where the results have none of its groups, their own are
    the columns. percent: add each column's own
    percentage to every count. as_published: add the percentages of the publication, on the base
    that it used, to the cells where it prints them, if the counts are its own. By default counts
    stand alone, except where the plan corrects a printed percentage. comparisons: of two of the
    groups, from `compare`; adds difference, test, p and standardised difference, and percentages. A
    variable of Yes and No then takes one row, its Yes; where they are absent a note says why.
    title: what the caption says in place of the plan's title.
    Raises UsageError if the results are not summaries or lack a cell of the plan.
    """
    if isinstance(results, Released):
        comparisons = results.results(comparisons) if isinstance(comparisons, str) else comparisons
        results = results.results(_whole(results, name))
    about = checked(results, "characteristics", "summaries")
    expect_flags("characteristics", percent=percent, as_published=as_published)
    if percent and as_published:
        raise UsageError(
            "characteristics: choose percent or as_published; their percentages have different "
            "bases."
        )
    plan = _planned(results, name) if name else _plan_of(results)
    if title:
        plan = plan.model_copy(update={"title": title})
    if not {*plan.groups} & {*about.groups}:  # the table's rows for groups made in the call
        plan = plan.model_copy(update={"groups": tuple(about.groups)})
    why_none = ""
    if isinstance(comparisons, Absent):
        why_none, comparisons = comparisons.why, None
    if isinstance(comparisons, str):
        raise UsageError("characteristics: a name of comparisons is of what read_release returns.")
    if plan.shows == BODY:
        if as_published:
            raise UsageError("characteristics: as_published is not for a body table.")
        return body_table(results, name or "", plan, comparisons)
    builder = CharacteristicRows(
        results, plan, percent or comparisons is not None, as_published, comparisons
    )
    sections = [builder.section(block) for block in plan.blocks]
    columns = list(builder.columns())
    if builder.compared:
        columns += builder.compared.columns()
    builder.explain()
    title = captions.with_percentages(plan.title, percent=percent, as_published=as_published)
    if why_none:
        builder.notes.plain(why_none)
    return table_of(
        about,
        name=name or "characteristics",
        caption=titled(about, title, columns),
        stub="Characteristic",
        columns=columns,
        sections=sections,
        notes=builder.notes,
    )


def _whole(released: Released, name: str | None) -> str:
    """The name of the results of a table: of a body table those of the one that it is of."""
    body = released.study.body_tables.get(name or "")
    return body.of if body else name or ""


def _planned(results: Results, name: str) -> TablePlan:
    """A plan with the variables that stand for others where the table is printed: in body tables,
    or in results that were released, which have no others; and without those of which nothing was
    released.
    """
    study = results.about.study
    plan = study.plan(name)
    if not results.about.released:
        return study.reported(name) if plan.shows == BODY else plan
    merges = study.standing_in("release")
    there = {*results["variable"]}
    blocks = []
    for block in plan.blocks:
        names = [merges[name] if merges.get(name) in there else name for name in block.variables]
        kept = tuple(name for name in names if name in there)
        if kept:
            blocks.append(block.model_copy(update={"variables": kept}))
    return plan.model_copy(update={"blocks": tuple(blocks)})


def _plan_of(results: Results) -> TablePlan:
    names = dict.fromkeys(name for name in results["variable"] if name != "n")
    if not names:
        raise not_there("no_variable")
    study = results.about.study
    blocks = tuple(Block(title=label(study, name), variables=(name,)) for name in names)
    titles = [block.title for block in blocks]
    title = captions.of_variables(study, "Characteristics", titles)
    return TablePlan(title=title, groups=tuple(results.about.groups), blocks=blocks)
