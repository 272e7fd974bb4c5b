"""A study and its rows, without a run: check, plan-test, demo-data."""

from pathlib import Path
from typing import Literal, TypedDict, Unpack

import click

from mothers_margins import places
from mothers_margins.cli.command import exits, main
from mothers_margins.errors import count

LARGE = 5_000_000  # bytes of a file that takes more than two seconds to read


class PlanTest(TypedDict):
    """How a plan is tried: the options of plan-test that its verb takes under the same names."""

    recipe: Literal["study", "strong"]
    cohorts: int
    m: int
    sweeps: int
    seed: int


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--study", help="The study of the file (default: the one whose columns it has, else esmi)."
)
@exits
def check(file: Path, study: str | None) -> None:
    """Check participant files against the study definition; analyse nothing. Exit code 3 if they do
    not match.

    FILE is one data file, or a folder or sources.yaml that maps several.
    """
    from mothers_margins.cohort.read_cohort import likely_study, missing_cells, read_cohort
    from mothers_margins.study.read_study import read_study

    chosen = read_study(study or likely_study(file))
    if file.is_file() and file.stat().st_size > LARGE:
        click.echo(f"Reading for study {chosen.name} …", err=True)
    cohort = read_cohort(file, chosen)
    unit = cohort.study.file.unit
    click.echo(f"The file matches {cohort.study.name}: {count(len(cohort), unit.one, unit.many)}.")
    for event in cohort.events:
        about = f" {event.variable}" if event.variable else ""
        click.echo(f"  {event.engine}: {event.event}{about}: {event.rows}")
    for line in missing_cells(cohort):
        click.echo(f"  {line}")


@main.command(name="plan-test")
@click.option("--study", default="esmi", show_default=True, help="Whose plan is tried.")
@click.option(
    "--recipe",
    type=click.Choice(["study", "strong"]),
    default="study",
    show_default=True,
    help="The study's own recipe, or strong associations and rare answers with more gaps.",
)
@click.option("--outcome", "outcomes", multiple=True, help="Default: the main outcomes.")
@click.option("--cohorts", type=click.IntRange(2), default=400, show_default=True)
@click.option("--m", type=click.IntRange(1), default=5, show_default=True, help="Imputations.")
@click.option("--sweeps", type=click.IntRange(1), default=5, show_default=True)
@click.option("--seed", type=click.IntRange(1), default=1, show_default=True, help="Of the first.")
@click.option("-j", "jobs", type=click.IntRange(1), default=2, show_default=True)
@click.option("--to", type=click.Path(path_type=Path), help="Write the results to this CSV file.")
@exits
def plan_test_command(
    study: str, outcomes: tuple[str, ...], jobs: int, to: Path | None, **how: Unpack[PlanTest]
) -> int:
    """Carry out a study's missing-data plan on cohorts whose truth is known, and say how far off it
    is. Exit code 1 if a bar is missed.
    """
    from mothers_margins.known_truth.plan_test import plan_test
    from mothers_margins.study.read_study import read_study
    from mothers_margins.tables.known_truth import plan_table

    results = plan_test(read_study(study), outcomes, n_jobs=jobs, **how)
    click.echo(repr(plan_table(results)))
    if to:
        places.write_whole(to, lambda part: results.to_csv(part, index=False, lineterminator="\n"))
    return int((results["within"] == 0).any())


@main.command("demo-data")
@click.argument("study")
@click.option(
    "--rows", type=click.IntRange(20), help="Of a synthetic study: how many rows (needs --to)."
)
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write this file, not the shipped one.",
)
@exits
def demo_data(study: str, rows: int | None, to: Path | None) -> None:
    """Make the demonstration file of a study anew: rebuilt from published totals and facts, or
    drawn by its recipe.
    """
    from mothers_margins.demo.shipped import write_demo
    from mothers_margins.study.read_study import read_study

    asked = read_study(study)
    click.echo(f"Making {rows or 'the'} rows of {study} …")
    click.echo(f"Written: {places.shown(write_demo(asked, to, rows))}")
