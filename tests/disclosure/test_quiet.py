import subprocess
import sys

SCRIPT = "from mothers_margins.disclosure.solver import quiet_solver; quiet_solver().run()"


def test_a_solver_prints_nothing():
    """Not even the program's name, which it writes past Python."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    assert done.stderr == ""
