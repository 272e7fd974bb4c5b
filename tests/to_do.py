"""Words by which one knows what the study team has still to do: they belong into the one list of
notebook 00, and under no table.
"""

import re

TO_DO = re.compile(
    r"to decide|to be (?:decided|agreed)|to do\b|study team|not yet (?:decided|agreed)|"
    r"has (?:still|yet) to|still to be|to choose the|compare (?:it|them)? ?with the form|"
    r"(?:^|[.;:] )map them\b",  # an order; that a file must map them is a rule
    re.IGNORECASE,
)
EXAMPLES = (  # as they once stood under tables
    "which ones is for the study team to decide",
    "The LEAG has still to choose the word.",
    "Names and order of the domains are ours: compare with the form in use.",
    "These four are ours, to be agreed with the Lived Experience Advisory Group",
    "ESMI's own labels are not public. Map them in sources.yaml",
)
