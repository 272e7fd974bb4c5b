"""Words of the final report that no person writes for it: titles, marks, headings of its tables."""

REHEARSAL = "Rehearsal on made-up data"
REHEARSAL_MARK = "REHEARSAL ON MADE-UP DATA. No number here is about a real person."
DRAFT = "Draft"
FINAL = "Final report"
DRAFT_MARK = "DRAFT. Not for circulation."
CONTENTS = "Contents"
TABLES_LIST = "List of tables"
FIGURES_LIST = "List of figures"
SOURCE_FILE = "Text of this part: {file}"
NUMBERS_BEHIND = "Numbers behind this figure"
SKIP = "Skip to the report"

VARIABLE = "Variable"
MISSING_CAPTION = "Answers that are not known, as far as their number was released"
MISSING_COLUMNS = ("All", "Involved", "Not involved")
MISSING_NOTE = (
    "Numbers are those in the group without a known answer. Left out are variables of which none "
    "was released: those who are not known are counted there with the rest."
)

EXPLANATORY = "Explanatory variables of the planned models"
EXPLANATORY_HEADINGS = ("How it enters a model", "What is assumed", "Who chose it")
NOT_AGREED = "the protocol; not yet agreed with the advisory group"
AGREED = "the protocol; agreed with {who} on {when}"

LEAG_CHANGES = "What the advisory group said, and what became of it"
LEAG_HEADINGS = ("Meeting", "What was said", "What became of it")
LEAG_STUB = "Topic"
LEAG_INVENTED = "These topics are invented for rehearsals. Nobody said them."
NOTHING_SAID = "Nothing has been written down yet."

CHECKLIST_HEADINGS = ("What is asked", "Where, or the answer")
ITEM = "Item"

FACTS = "Figures that are not results of this study, with their sources"
FACTS_HEADINGS = ("Of whom, where and when", "Source and page", "Compared with the source")
FIGURE = "Figure"
CHECKED, NOT_CHECKED = "yes", "not yet: read in {where}"

ALLOWED = "Numbers in the text that are no results"
ALLOWED_HEADINGS = ("What it means",)
TEXT = "Text"

RULES = "Rules under which numbers were released"
RULES_HEADINGS = ("Setting",)
RULE = "Rule"
POLICY_NAMES = {
    "threshold": "Smallest count that is shown",
    "feasible": "Values that a hidden count must still be able to have",
    "smallest_group": "Smallest group of which anything is shown",
    "mean_from": "A mean is shown from so many on",
    "median_from": "A median is shown from so many on",
    "quartiles_from": "Quartiles are shown from so many on",
    "minimum_and_maximum": "Smallest and largest value",
    "not_known": "Number of those not known",
    "follow_up": "Number of those known at one timepoint only",
    "symbol": "What stands for a number that is held back",
    "author": "Decided by",
    "reason": "Reason",
    "precedence": "Order of tables: a later one never costs a cell of an earlier one",
}
TRUTH = {True: "shown", False: "not shown"}
CELLS = "Cells shown in {table}"
CELLS_OF = "{shown} of {cells}"

REPRODUCIBILITY = "How the numbers can be made again"
REPRODUCIBILITY_HEADINGS = ("Value",)
WHAT = "What"

PLAN_TEST = "The plan for missing data on cohorts whose truth is known"
MEASURE = "What was measured"
PLAN_TEST_HEADINGS = ("Value", "Its bar", "Inside")
PLAN_TEST_NOTE = (
    "{cohorts} cohorts were drawn by a program whose truth is known, and the plan was carried out "
    "on each with {m} imputations. {held} of {bars} bars hold; shown here are those of all terms "
    "together. Made by: mothers-margins plan-test."
)

CHANGED = "What has changed since the draft"
CHANGED_HEADINGS = ("How",)
NOTHING_CHANGED = "Nothing"


def word_count(words: int) -> str:
    """'612 words'."""
    return f"{words} word{'' if words == 1 else 's'}"
