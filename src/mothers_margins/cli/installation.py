"""This installation: lab, doctor."""

import sys
from pathlib import Path

import click

from mothers_margins import places
from mothers_margins.cli.command import exits, main


@main.command()
@exits
def lab() -> int:
    """Open the notebooks in JupyterLab. Results go to outputs/interactive/; notebooks are saved
    without outputs.

    Kernels talk to it encrypted, and keep no history of what was typed.
    """
    import subprocess

    folder = places.project() / "notebooks"
    settings = Path(__file__).parents[1] / "templates" / "jupyter_config.py"
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={folder}",
        f"--config={settings}",
    ]
    return subprocess.run(command, check=False).returncode  # noqa: S603


@main.command()
@exits
def doctor() -> int:
    """Say whether this installation is the one that was tested. Exit code 1 if something is missing
    or differs.
    """
    from mothers_margins.batch.doctor import examine

    findings = examine()
    for fine, line in findings:
        click.echo(f"{'ok  ' if fine else 'LOOK'} {line}")
    return int(not all(fine for fine, _ in findings))
