"""How long it takes to read, check and score the ESMI cohort, at its own size and at 100,000
dyads.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

import mothers_margins as mm
from mothers_margins.demo.shipped import write_demo


def main() -> None:
    start = time.perf_counter()
    study = mm.read_study("esmi")
    print(f"read the study definition {time.perf_counter() - start:6.2f} s")
    mm.derive(mm.demo_cohort("esmi"))  # what is imported and compiled once is not what is measured
    with tempfile.TemporaryDirectory() as folder:
        for rows, times in ((279, 5), (100_000, 2)):
            path = Path(folder) / f"{rows}.csv"
            start = time.perf_counter()
            write_demo(study, path, rows)
            print(
                f"{rows:>7} dyads: draw and write {time.perf_counter() - start:6.2f} s", flush=True
            )
            text = pd.read_csv(path, dtype="str", keep_default_na=False)
            text.to_stata(path.with_suffix(".dta"), write_index=False, version=118)
            for file in (path, path.with_suffix(".dta")):
                for _ in range(times):
                    start = time.perf_counter()
                    cohort = mm.read_cohort(file, study)
                    read = time.perf_counter()
                    mm.derive(cohort)
                    end = time.perf_counter()
                    parts = f"read and check {read - start:6.2f} s   score {end - read:6.2f} s"
                    print(
                        f"{rows:>7} dyads, {file.suffix}: {parts}   together {end - start:6.2f} s",
                        flush=True,
                    )
    unit = 1024 if sys.platform == "linux" else 1024 * 1024
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit:6.0f} MB")


if __name__ == "__main__":
    main()
