"""The report of a study: report."""

from pathlib import Path

import click

from mothers_margins import places
from mothers_margins.cli.command import exits, main
from mothers_margins.cli.meetings import take_feedback
from mothers_margins.cli.running import Selection, run_selection


@main.command()
@click.option(
    "--status",
    type=click.Choice(["draft", "final"]),
    default="draft",
    show_default=True,
    help="A final report needs the agreed list and what became of the last meeting.",
)
@click.option(
    "--format",
    "formats",
    default="html,docx,pdf",
    show_default=True,
    metavar="html,docx,pdf",
    help="Which files are made.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="The restricted file of the run, after its release (default: the demonstration).",
)
@click.option("--study", default="esmi", show_default=True, help="Whose report it is.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of the run (default: outputs/demo)."
)
@click.option(
    "--feedback",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with what the group has said, and with draft.json; outside the project.",
)
@click.option("--to", type=click.Path(path_type=Path), help="Copy the files into this folder.")
@exits
def report(
    status: str,
    formats: str,
    data: Path | None,
    study: str,
    out: Path | None,
    feedback: Path | None,
    to: Path | None,
) -> int:
    """Make the report of a study from its release, in release/report of the run's folder."""
    from mothers_margins.batch.report import NOTEBOOK, copied, formats_of

    asked = formats_of(formats)
    take_feedback(feedback)
    selection = Selection(
        names=(NOTEBOOK,),
        demo=data is None,
        data=data,
        study=study,
        settings=(f"{NOTEBOOK}.status={status}", f"{NOTEBOOK}.formats={','.join(asked)}"),
        out=out,
    )
    code = run_selection(selection, jobs=2, force=False, dry_run=False, keep_going=False)
    if code == 0 and to is not None:
        run = (out or places.project() / "outputs" / "demo").resolve()
        for path in copied(run, asked, to):
            click.echo(str(path))
    return code
