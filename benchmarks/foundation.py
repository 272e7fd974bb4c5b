"""How long it takes to import the package, to do nothing, to rebuild the rows, and to run the
demo.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

RUN = "from mothers_margins.cli import main; main()"


def timed(what: str, call: Callable[[], object], times: int) -> None:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    print(
        f"{what:<45} min {min(seconds):6.2f} s   median {statistics.median(seconds):6.2f} s   of "
        f"{times}"
    )


def python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    import mothers_margins as mm
    from mothers_margins.demo.reconstruct import reconstruct

    timed("start Python", lambda: python("-c", "pass"), 7)
    timed("start Python, import mothers_margins", lambda: python("-c", "import mothers_margins"), 7)
    timed("mothers-margins --help", lambda: python("-c", RUN, "--help"), 5)
    study = mm.read_study("hscc_2019")
    timed("read the study definition", lambda: mm.read_study("hscc_2019"), 5)
    timed("rebuild the 52 rows", lambda: reconstruct(study), 5)
    cohort = mm.derive(mm.demo_cohort("hscc_2019"))
    plan = study.plan("table_1")
    timed("summarise Table 1", lambda: mm.summarise(cohort, plan.variables, plan.groups), 5)
    summary = mm.summarise(cohort, plan.variables, plan.groups)
    timed("lay out and render Table 1", lambda: mm.characteristics(summary, "table_1").to_html(), 5)
    with tempfile.TemporaryDirectory() as out:
        timed(
            "run --demo, everything new",
            lambda: python("-c", RUN, "run", "--demo", "--force", "--out", out),
            3,
        )
        timed(
            "run --demo, nothing changed",
            lambda: python("-c", RUN, "run", "--demo", "--out", out),
            5,
        )


if __name__ == "__main__":
    main()
