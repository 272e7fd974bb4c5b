"""The Python edition of tau-Argus beside ours, for the same targets.

The descriptive tables of ESMI's demo in counts: levels, those not known among them, by everybody,
involved and not involved, at both timepoints. Counts of 1 to 9 must keep three values; noughts are
shown and the sizes of groups are known, to both. tau-Argus takes each variable and timepoint as a
table of its own (it takes no overlapping groups); ours takes each block of variables at once.

pytauargus stays outside the lock. In an environment of its own:

    python -m venv TAU && TAU/bin/pip install pytauargus==0.6.0
    python -m benchmarks.tau_argus --python TAU/bin/python
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.disclosure_requests import NO_LEVEL, esmi, rule_of_ten
from mothers_margins.disclosure.audit import audit
from mothers_margins.disclosure.printed import Cell, Variable
from mothers_margins.disclosure.protect import protect
from mothers_margins.disclosure.request import Protected, Request

TIMEPOINTS = {
    1: ("all_t1", "involved_t1", "not_involved_t1"),
    2: ("all_t2", "involved_t2", "not_involved_t2"),
}
GROUPS = tuple(group for groups in TIMEPOINTS.values() for group in groups)
NAMED = {"": "not known", "not_concerned": "not concerned"}


def descriptive() -> Iterator[Request]:
    """Blocks of the descriptive tables, all in counts, those in no level as levels of their own."""
    for request in esmi():
        names = [
            name
            for name, variable in request.variables.items()
            if variable.levels
            and {*variable.columns} & {*GROUPS}
            and 0 in variable.columns.values()
        ]
        if request.membership or not names:
            continue
        margin = request.block.margin(names)
        levels = margin.levels.astype(object)
        for level, called in NAMED.items():
            levels[margin.levels == level] = called
        block = replace(margin, levels=levels.astype(str))
        variables = {name: _variable(request, name, block) for name in names}
        forms = dict.fromkeys(names, "counts")
        yield replace(request, block=block, variables=variables, forms=forms)


def _variable(request: Request, name: str, block: object) -> Variable:
    own = request.variables[name]
    found = {*block.levels[:, block.variables.index(name)].tolist()}
    rest = [NAMED[level] for level in NO_LEVEL if NAMED[level] in found]
    levels = (*own.levels, *rest)
    columns = {group: 0 for group, tier in own.columns.items() if group in GROUPS and tier == 0}
    whole = replace(request, block=block)
    zeros = frozenset(
        (level, group)
        for level in levels
        for group in columns
        if not _count(whole, Cell(name, level, group))
    )
    return Variable(name, levels, columns, zeros)


def _count(request: Request, cell: Cell) -> int:
    atoms = request.block.has_level(cell.variable, [cell.level])
    regions = request.universe.regions(cell.group)
    return int(request.block.counts[np.ix_(atoms, regions)].sum())


def tables(request: Request) -> Iterator[list[Cell]]:
    """The cells of each variable at each timepoint."""
    for name, variable in request.variables.items():
        for groups in TIMEPOINTS.values():
            if {*groups} <= {*variable.columns}:
                yield [Cell(name, level, group) for level in variable.levels for group in groups]


def by_tau_argus(python: str, asked: list[tuple[Request, list[Cell]]]) -> list[set[Cell]]:
    """What tau-Argus hides of each table."""
    sent = [
        [
            (f"r{place // 3}", f"c{place % 3}", _count(request, cell))
            for place, cell in enumerate(cells)
            if place % 3  # everybody is its total
        ]
        for request, cells in asked
    ]
    script = Path(__file__).with_name("tau_argus_tables.py").resolve()
    program = Path(python).absolute()
    with tempfile.TemporaryDirectory() as folder:  # the engine leaves its logs where it is run
        done = subprocess.run(
            [program, script],
            input=json.dumps(sent),
            capture_output=True,
            text=True,
            check=True,
            cwd=folder,
        )
    hidden = []
    for (_, cells), found in zip(asked, json.loads(done.stdout), strict=True):
        places = {(f"r{place // 3}", f"c{place % 3}"): cell for place, cell in enumerate(cells)}
        own = {(row, column or "c0") for row, column in found if row}
        hidden.append({places[place] for place in own})
    return hidden


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", required=True, help="the Python that has pytauargus")
    python = parser.parse_args().python
    requests = list(descriptive())
    start = time.process_time()
    ours = [protect(request, rule_of_ten()) for request in requests]
    took = time.process_time() - start
    asked = [(request, cells) for request in requests for cells in tables(request)]
    theirs: set[Cell] = set().union(*by_tau_argus(python, asked))
    mine = {cell for one in ours for cell, decided in one.cells.items() if decided.hidden}
    every = [cell for one in ours for cell in one.cells]
    small = sum(0 < _count(request, cell) < 10 for request, cells in asked for cell in cells)
    print(f"{len(every)} cells in {len(asked)} tables, {small} of 1 to 9; ours {took:.1f} s of CPU")
    print(f"  hidden: tau-Argus {len(theirs)}, ours {len(mine)}")
    undone = {id(one): audit(_with(one, theirs)) for one in ours}
    targets = sum(len(one.targets) for one in ours)
    failing = sum(len(own) for own in undone.values())
    exact = sum(one.least == one.most for own in undone.values() for one in own)
    left = sum(len(audit(one)) for one in ours)
    print(
        f"  of {targets} sums with too few values: tau-Argus {failing} ({exact} exact), ours {left}"
    )
    for one in ours:
        own = {cell for cell in one.cells if cell in mine}
        other = {cell for cell in one.cells if cell in theirs}
        if len(own) > len(other):
            names = [", ".join(failed.name) for failed in undone[id(one)]]
            print(f"  {one.block.name}: ours {len(own)}, tau-Argus {len(other)}; it leaves {names}")


def _with(protected: Protected, hidden: set[Cell]) -> Protected:
    """The block with other cells hidden."""
    pattern = np.array([cell in hidden for cell in protected.cells])
    return replace(protected, hidden=pattern, witnesses=())


if __name__ == "__main__":
    main()
