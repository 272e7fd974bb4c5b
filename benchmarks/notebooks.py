"""How long the notebooks of the protocol's analyses take in the batch, one at a time."""

import re
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict

RUN = "from mothers_margins.cli import main; main()"
ENTRIES = [
    "03_descriptives_t1",
    "03_descriptives_t2",
    "05_regression_t1",
    "05_regression_t2",
    "06_exploratory_cpp_t1",
]


def main() -> None:
    # what an entry needs is run with it
    seconds: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as out:
        for _ in range(5):
            command = [
                sys.executable,
                "-c",
                RUN,
                "run",
                *ENTRIES,
                "--demo",
                "--force",
                "-j",
                "1",
                "--out",
                out,
            ]
            ended = subprocess.run(command, check=True, capture_output=True, text=True)
            for name, taken in re.findall(
                r"(\w+) done after ([\d.]+) s", ended.stdout + ended.stderr
            ):
                seconds[name].append(float(taken))
    for name, taken in seconds.items():
        print(
            f"{name:<24} min {min(taken):4.1f} s   median {statistics.median(taken):4.1f} s   of "
            f"{len(taken)}"
        )


if __name__ == "__main__":
    main()
