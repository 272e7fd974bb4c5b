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
    pins = _pins()
    installed = {re.sub(r"[-_.]+", "-", d.name).lower(): d.version for d in distributions()}
    wrong = [
        pin
        for pin in pins
        if not pin.specifier.contains(installed.get(pin.name, "0"), prereleases=True)
    ]
    yield not wrong, f"versions as tested: {len(pins) - len(wrong)} of {len(pins)}"
    for pin in wrong:
        version = installed.get(pin.name, "is missing")
        yield False, f"{pin.name} {version}, tested with {pin.specifier}"


def _pins() -> list[Requirement]:
    """The versions of requirements.lock that apply to this system."""
    lock = places.project() / "requirements.lock"
    lines = lock.read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line.rstrip("\\ \n")) for line in lines if re.match(r"\w", line)]
    return [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]


def _kernel() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        command = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return False, "there is no Jupyter kernel 'python3'"
    if command in ("python", "python3", sys.executable):
        return True, "the kernel 'python3' is this Python"
    return False, "the kernel 'python3' is another Python: notebooks would run there"


def _writable() -> Finding:
    if os.access(places.project(), os.W_OK):
        return True, "results can be written to outputs/"
    return False, "results cannot be written to outputs/"


def _own_data() -> Finding:
    where = []
    if os.environ.get(places.DATA):
        where.append(places.DATA)
    if (places.project() / "local.yaml").is_file():
        where.append("local.yaml")
    if where:
        return True, f"a file of your own is named in {' and '.join(where)}"
    return True, "demonstration data are used"
