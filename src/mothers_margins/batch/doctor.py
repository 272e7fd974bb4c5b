"""Looks at an installation: Python, versions against the lock, the kernel, the folder for
results.
"""

import os
import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import distributions

from packaging.requirements import Requirement

from mothers_margins import places

Finding = tuple[bool, str]


def examine() -> list[Finding]:
    """Findings in reading order: whether it is as it should be, and one line about it."""
    return [
        (sys.version_info >= (3, 11), f"Python {platform.python_version()} on {platform.system()}"),
        *_versions(),
        _kernel(),
        _writable(),
        _own_data(),
    ]


def _versions() -> Iterator[Finding]:
    lock = places.project() / "requirements.lock"
    lines = [
        line.rstrip("\\ \n")
        for line in lock.read_text(encoding="utf-8").splitlines()
        if re.match(r"\w", line)
    ]
    pins = [pin for pin in map(Requirement, lines) if pin.marker is None or pin.marker.evaluate()]
    installed = {re.sub(r"[-_.]+", "-", d.name).lower(): d.version for d in distributions()}
    wrong = [
        pin
        for pin in pins
        if not pin.specifier.contains(installed.get(pin.name, "0"), prereleases=True)
    ]
    yield not wrong, f"versions as tested: {len(pins) - len(wrong)} of {len(pins)}"
    for pin in wrong:
        yield (
            False,
            f"{pin.name} {installed.get(pin.name, 'is missing')}, tested with {pin.specifier}",
        )


def _kernel() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        command = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return False, "there is no Jupyter kernel 'python3'"
    same = command in ("python", "python3", sys.executable)
    return (
        same,
        "the kernel 'python3' "
        f"{'is this Python' if same else 'is another Python: notebooks would run there'}",
    )


def _writable() -> Finding:
    writable = os.access(places.project(), os.W_OK)
    return writable, f"results can{'' if writable else 'not'} be written to outputs/"


def _own_data() -> Finding:
    named = os.environ.get(places.DATA)
    local = (places.project() / "local.yaml").is_file()
    where = [places.DATA] * bool(named) + ["local.yaml"] * local
    return (
        True,
        f"a file of your own is named in {' and '.join(where)}"
        if where
        else "demonstration data are used",
    )
