"""How long the door takes, how much it shows, and what a reader works out beside rules about single
cells. `--part` runs one of its parts.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from copy import copy
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import mothers_margins as mm
from benchmarks.disclosure_adding import Adder, faults
from benchmarks.disclosure_attacks import against_ours, naive
from benchmarks.disclosure_requests import esmi, rule_of_ten, table_1
from mothers_margins import places
from mothers_margins.disclosure.across_blocks import Across, beside_each_other
from mothers_margins.disclosure.audit import audit
from mothers_margins.disclosure.joint_tables import joint_table
from mothers_margins.disclosure.protect import protect
from mothers_margins.disclosure.request import Protected, Request

COMMAND = "from mothers_margins.cli import main; main()"  # as the installed command does
RULES = {
    "hide < 5": (lambda count: 0 < count < 5, 1, 4),
    "hide <= 7": (lambda count: 0 < count <= 7, 1, 7),
    "hide < 10": (lambda count: 0 < count < 10, 1, 9),
    "hide < 5 and 0": (lambda count: count < 5, 0, 4),
    "hide < 10 and 0": (lambda count: count < 10, 0, 9),
}


def attacks_on_table_1() -> None:
    """Before: rules about single cells. After: ours, differences of columns protected too."""
    print("Table 1 of 2019, 162 cells          hidden  worked out exactly")
    for name, rule in RULES.items():
        hidden, exact = np.sum([naive(request, *rule) for request in table_1()], axis=0)
        print(f"  {name:<32} {hidden:>8} {exact:>8}")
    for threshold in (5, 8, 10):
        policy = replace(rule_of_ten(follow_up="protected"), threshold=threshold)
        start = time.process_time()
        every = [(protect(request, policy), request) for request in table_1()]
        protecting = time.process_time() - start
        hidden, exact, differences = np.sum([against_ours(*pair) for pair in every], axis=0)
        start = time.process_time()
        failing = sum(len(audit(protected)) for protected, _ in every)
        took = f"protect {protecting:.2f} s, audit {time.process_time() - start:.2f} s"
        print(
            f"  ours, threshold {threshold:<16} {hidden:>8} {exact:>8}   small differences "
            f"{differences}, audit {failing}; {took}"
        )


def esmi_whole() -> None:
    """All declared tables of ESMI's demo, with every group."""
    esmi()  # counting the cohort is not what is measured
    shown: Counter[int] = Counter()
    cells: Counter[int] = Counter()
    protecting = auditing = 0.0
    witnessed = named = failing = 0
    for request in esmi():
        start = time.process_time()
        protected = protect(request, rule_of_ten())
        middle = time.process_time()
        failing += len(audit(protected))
        end = time.process_time()
        protecting += middle - start
        auditing += end - middle
        witnessed += len(protected.witnesses)
        named += len(protected.unprotected)
        _count(protected, request, shown, cells)
        if end - start > 1:
            print(f"  {request.block.name:<24} {middle - start:6.1f} s   {end - middle:6.1f} s")
    _print_shares(shown, cells)
    print(f"  protected sums: {witnessed} witnessed, {named} named as unprotected")
    print(f"  audit: {failing} fail")
    print(f"  CPU: protect {protecting:.1f} s, audit {auditing:.1f} s")


def _print_shares(shown: Counter[int], cells: Counter[int]) -> None:
    for tier in sorted(tier for tier, number in cells.items() if number):
        share = shown[tier] / cells[tier]
        print(f"  tables {tier + 1}: {shown[tier]} of {cells[tier]} level cells shown, {share:.1%}")


def _count(
    protected: Protected, request: Request, shown: Counter[int], cells: Counter[int]
) -> None:
    """Level cells; the second row of a yes/no pair is not counted."""
    for name, variable in request.variables.items():
        levels = variable.levels[:1] if variable.is_pair else variable.levels
        for tier in variable.columns.values():
            cells[tier] += len(levels)
        for cell, decided in protected.cells.items():
            if cell.variable == name and cell.level in levels:
                shown[variable.columns[cell.group]] += not decided.hidden


def follow_up() -> None:
    """All declared tables of ESMI's demo with those known at one timepoint only protected."""
    esmi()
    shown: Counter[int] = Counter()
    cells: Counter[int] = Counter()
    asked = once = named = failing = 0
    start = time.process_time()
    for request in esmi():
        protected = protect(request, rule_of_ten(follow_up="protected"))
        _count(protected, request, shown, cells)
        asked += len(protected.targets)
        once += sum(target.name[2].startswith("known at") for target in protected.targets)
        named += len(protected.unprotected)
        failing += len(audit(protected))
    print("ESMI, follow_up: protected")
    _print_shares(shown, cells)
    print(f"  protected sums: {asked}, {once} of those known at one timepoint only")
    print(f"  {named} named as unprotected; audit: {failing} fail")
    print(f"  CPU: protect and audit {time.process_time() - start:.1f} s")


def beside() -> None:
    """What says who is in which group beside all other blocks of ESMI's demo."""
    policy = rule_of_ten()
    pairs = [(request, protect(request, policy)) for request in esmi()]
    start = time.process_time()
    together = beside_each_other(pairs, policy)
    took = time.process_time() - start
    print("ESMI, what says who is in which group")
    for request, protected in together.blocks:
        if request.membership:
            shown: Counter[int] = Counter()
            cells: Counter[int] = Counter()
            _count(protected, request, shown, cells)
            print(f"  {request.block.name}: {shown.total()} of {cells.total()} level cells shown")
    print(f"  refused: {len(together.refused)}; CPU: {took:.2f} s beside {len(pairs) - 1} blocks")


def witnesses() -> None:
    """T4: of every protected sum of every block three joint tables with different values, each of
    which prints every shown number; added up without a solver and without what chose the cells.
    """
    policy = rule_of_ten()
    pairs = [(request, protect(request, policy)) for request in esmi()]
    start = time.process_time()
    sums = tables = wrong = narrow = named = 0
    for request, protected in pairs:
        others = [pair for pair in pairs if pair[0] is not request]
        across = Across(protected, [one for _, one in others]) if request.membership else None
        named += len(protected.unprotected)
        adder = Adder(request, protected)
        joint: dict[bytes, np.ndarray] = {}
        for target, found in zip(protected.problem.targets, protected.witnesses, strict=True):
            values = set()
            for table in across.witnesses(target) if across else found:
                key = table.tobytes()
                if key not in joint:
                    joint[key] = joint_table(protected.system, table)
                    sizes = joint[key].sum(axis=0) if across else request.universe.sizes
                    wrong += any(faults(adder, joint[key], sizes))
                    if across:
                        wrong += _wrong_beside(across, table, sizes, others)
                values.add(adder.sum_of(joint[key], target.name))
            sums += 1
            narrow += len(values) < target.values
        tables += len(joint)
    print("ESMI, T4: witnesses added up")
    print(f"  {sums} protected sums, {narrow} with too few values; {named} named as unprotected")
    print(f"  {tables} joint tables, {wrong} that do not print what is printed")
    print(f"  CPU: adding up {time.process_time() - start:.1f} s")


def _wrong_beside(
    across: Across, table: np.ndarray, sizes: np.ndarray, others: list[tuple[Request, Protected]]
) -> int:
    """How many other blocks have no table with these sizes that prints what they print."""
    wrong = 0
    for (request, protected), own in zip(others, across.beside(table), strict=True):
        if own is None:
            wrong += 1
            continue
        system = copy(protected.system)
        system.universe = replace(system.universe, sizes=sizes)
        wrong += any(faults(Adder(request, protected), joint_table(system, own), sizes))
    return wrong


def preview() -> None:
    """The quick preview of ESMI's demo, as the command shows it, in a process of its own."""
    with TemporaryDirectory() as folder:
        _run_of_joint_counts(Path(folder))
        took = []
        for _ in range(5):
            before, start = _cpu_of_children(), time.perf_counter()
            command = ["-c", COMMAND, "release", "--preview", "--out", folder]
            subprocess.run([sys.executable, *command], check=True, capture_output=True)
            took.append((time.perf_counter() - start, _cpu_of_children() - before))
    wall, cpu = min(took)
    print(f"Quick preview of ESMI, with the start of Python: {wall:.1f} s, CPU {cpu:.1f} s")


def _run_of_joint_counts(out: Path) -> None:
    """A run's folder that holds the joint counts of ESMI's demo."""
    os.environ[places.OUT] = str(out)
    mm.save(mm.joint_counts(mm.derive(mm.demo_cohort("esmi"))), "joint_counts")
    outputs = {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (out / "internal" / "esmi").iterdir()
    }
    data = {"esmi": {"fingerprint": "of the benchmark"}}
    entry = {"status": "done", "studies": ["esmi"], "outputs": outputs, "data": data}
    (out / "manifest.json").write_text(json.dumps({"entries": [entry]}), encoding="utf-8")


def _cpu_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


PARTS = {
    "table_1": attacks_on_table_1,
    "esmi": esmi_whole,
    "follow_up": follow_up,
    "beside": beside,
    "witnesses": witnesses,
    "preview": preview,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS)
    asked = parser.parse_args().part
    for name, part in PARTS.items():
        if asked in (None, name):
            part()


if __name__ == "__main__":
    main()
