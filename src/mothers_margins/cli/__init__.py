"""The command mothers-margins. A thin wrapper: every command calls one function that Python can
call as well. A file holds the commands of one subject; importing it adds them.
"""

from mothers_margins.cli import installation, meetings, releasing, reporting, running, studies
from mothers_margins.cli.command import main

__all__ = ["installation", "main", "meetings", "releasing", "reporting", "running", "studies"]
