"""The study: what its definition says, ready to be asked."""

from dataclasses import dataclass

from mothers_margins.study.models import Models
from mothers_margins.study.tables import Tables
from mothers_margins.study.what_decides import WhatDecides


@dataclass(frozen=True, eq=False, repr=False)
class Study(Models, Tables, WhatDecides):
    """One study, read and checked (its files: `Definition`). What it can be asked stands by its
    subject: `variables`, `outcomes`, `models`, `tables`, `what_decides`.
    """

    def __repr__(self) -> str:
        return f"Study {self.name}: {self.title}"
