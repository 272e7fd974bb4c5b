"""Makes the files beside it from a finished demo run, from the repository's root:

python -m uv run mothers-margins run --demo --study esmi
python -m uv run python tests/data/release/make_release.py outputs/demo
"""

import json
import sys
from pathlib import Path

import pandas as pd

from mothers_margins.disclosure.universe import NOT_CONCERNED, NOT_KNOWN
from mothers_margins.release.plan import KNOWN, release_plan
from mothers_margins.release.protected import ProtectedStudy, protected_study
from mothers_margins.release.run_folder import JOINT, read_run
from mothers_margins.results.results import Results

HERE = Path(__file__).parent
GROUPS = [f"{name}_t{t}" for t in (1, 2) for name in ("all", "involved", "not_involved")]
FITTED = (
    "outcome model method term variable level reference estimate std_error df conf_low conf_high "
    "p_value n n_events m fmi specification interval"
)
PREDICTED = (
    "outcome model method variable level at estimate std_error df conf_low conf_high n n_events m "
    "specification"
)
# Of each file: the results that it is of, and the columns that a test reads.
FILES = {
    "estimates": ("estimates_protocol", f"note {FITTED}"),
    "firth": ("firth_protocol", f"note {FITTED}"),
    "cells": (
        "cells_protocol",
        "engine event variable level method group n denominator outcome specification",
    ),
    "predictions": ("per_hundred_protocol", PREDICTED),
    "comparisons": (
        "comparisons",
        "note status variable level group_a group_b test statistic df p_value effect effect_name "
        "conf_low conf_high n distinct reason",
    ),
}


def write_results(results: Results, path: Path, columns: str) -> None:
    """Some columns of results, with ten digits."""
    frame = pd.DataFrame(results)[columns.split()]
    frame.to_csv(path, index=False, float_format="%.10g", lineterminator="\n")


def facts_of(protected: ProtectedStudy) -> str:
    """What becomes of every variable in the groups of both timepoints, a line a variable."""
    sizes = {group: protected.plan.universe.size(group) for group in GROUPS}
    lines = []
    for planned, _ in protected.blocks:
        for name, variable in planned.variables.items():
            groups = [group for group in GROUPS if group in variable.columns]
            levels = (*(variable.levels or (KNOWN,)), NOT_KNOWN, NOT_CONCERNED)
            cells = {
                group: {level: cell_of(protected, name, level, group) for level in levels}
                for group in groups
            }
            own = {
                "form": protected.form(name),
                "levels": list(variable.levels),
                "zeros": [list(zero) for zero in sorted(variable.zeros) if zero[1] in GROUPS],
                "cells": cells,
            }
            if groups:
                lines.append(f"{json.dumps(name)}: {json.dumps(own, ensure_ascii=False)}")
    variables = ",\n".join(lines)
    return f'{{\n"sizes": {json.dumps(sizes)},\n"variables": {{\n{variables}\n}}\n}}\n'


def cell_of(protected: ProtectedStudy, name: str, level: str, group: str) -> list[int | bool]:
    """A count, and whether it is hidden."""
    hidden = protected.decided(name, level, group).hidden
    return [protected.count(name, level, group), hidden]


def main(out: Path) -> None:
    """Write all files anew."""
    run = read_run(out / "internal" / "esmi")
    for name, (source, columns) in FILES.items():
        for t in (1, 2):
            results = run.results[f"{source}_t{t}"]
            write_results(results, HERE / f"{name}_t{t}.csv", columns)
    protected = protected_study(release_plan(run.results[JOINT]))
    (HERE / "protected.json").write_text(facts_of(protected), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
