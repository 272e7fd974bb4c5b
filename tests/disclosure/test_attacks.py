"""Attacks by a reader with nothing but what is printed: an integer programme of scipy over joint
levels by regions, which shares no code with what chose the pattern.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from benchmarks import disclosure_requests
from benchmarks.disclosure_attacks import Reader, naive, recovered_by_reader
from mothers_margins.disclosure import protect as module
from mothers_margins.disclosure import suppression
from mothers_margins.disclosure.audit import audit
from mothers_margins.disclosure.printed import Cell, Printing, Variable
from mothers_margins.disclosure.protect import Protected, Request, protect
from mothers_margins.disclosure.suppression import Chosen, NotProtectableError, Target
from mothers_margins.disclosure.universe import Universe
from tests.disclosure import small_blocks
