"""Words of workshop slides that every deck shares, each once."""

REHEARSAL = "REHEARSAL. The numbers are made up. They are not about real mothers."
BEFORE = "Before we start"
BEFORE_LINES = (
    "This is not part of social care. We do not work for them.",
    "You can come, stay silent or leave. Nobody outside is told that you did.",
    "We write down ideas and numbers, and no names unless you ask us to.",
    "Only if someone is in danger now must we tell somebody. We tell you first.",
    "Nobody is asked for her story.",
    "You are paid before the meeting, not after it.",
)
BEFORE_NOTES = (
    "Read each line aloud, slowly. Say who is here to support people, and how to reach her.",
    "Say what we must pass on: only that someone is in danger now. We tell her first.",
    "Do not ask why somebody leaves or turns the camera off.",
)
WELCOME_NOTES = (
    "Open the room early. Let people choose the name they want to use.",
    "The chat is open. Cameras can stay off all the time.",
)
QUOTES = "In women's own words"
QUOTES_NOTES = (
    "Each line is printed with permission. Do not add to it, and do not ask who said it.",
    "Say that anybody can ask us to take a line out.",
)
CLOSING = "How are you leaving today?"
CLOSING_LINES = (
    "One word or a sign in the chat, if you like.",
    "You can ask for a call in the next two days.",
)
CLOSING_NOTES = (
    "Go round once. Nobody has to speak. Thank each person.",
    "Stay in the room for ten minutes after the end.",
)
NO_CONTACT = "To fill in: who to call, and when"
PAUSE = "Pause. Count to ten, then ask: what do you notice?"
WHY_HIDDEN = "We hide small groups, so that nobody can be recognised."
UNKNOWN_COUNTED = "Mothers whose answer we do not have are counted here too."
NOT_SHOWN = "We cannot show the others. That does not mean few mothers lived with them."
SMALL_GAPS = "Little or no difference here does not mean it does not matter."
GAP = "A gap can be a choice. It is not a fault of a mother."
NOT_CAUSED = "Linked does not mean caused."
HELP_WAS_MISSING = "More hardship does not make a worse mother. It shows where help was missing."
NO_LIST = "The list we agreed"
NO_LIST_LINES = (
    "We have not yet agreed which factors to look at.",
    "So no results are shown today.",
    "We will show them when the list has a date.",
)
INVENTED = "Example, not said by anyone"
INVENTED_NOTES = "In a rehearsal these lines are invented. Nobody has said them."
NOTHING_YET = "Nothing has been written down yet."
SAY_WHY = "Say also what we could not do, and why."
YOU_SAID, CHANGED, NOT_CHANGED = "You said, we did", "What you changed", "What we did not change"
SAID_DID = ("You said", "We did")
FACTORS = ("Factors", "More factors")  # heads of a list in two columns
NOT_TO_BE_SENT = "Not to be sent."
BEFORE_THE_MEETING = (
    "A week before: send the handout. Ask how each person wants to take part.",
    "Agree who supports people, who reads the chat, and who keeps the time.",
    "If time runs short, leave out slides that come before a break, and no talk.",
    "On the day: pay first. Open the room early. Put the contacts on the last slide.",
    "What is said alone, in chat or in a letter counts as much as what is said in the room.",
)
HOW_TO_FILL_IN = (
    "One row for each topic. Write numbers, never names.",
    "kind: variable, word, reading, output or process.",
    "how: room, chat, call or written. Late answers are welcome: add a row.",
    "keep, leave_out, not_sure: how many said so.",
    "decision: what was done; leave it empty while it is open. reason: why.",
    "decided_on: the day, as 2022-02-01.",
    "Save the sheet as meeting_N.csv in the folder that --feedback names, outside the project.",
)


def checked_on(day: str, threshold: int) -> str:
    """What every slide with real numbers says of them: when they were checked, and by which rule.

    day: 1 February 2022; empty where the release does not say it.
    """
    when = f" on {day}" if day else ""
    return f"Real numbers, checked{when}. None is of fewer than {threshold} mothers."


def agreed_on(day: str) -> str:
    """When the list was agreed, as its slide says it. day: 1 February 2022."""
    return f"Agreed on {day}."


# ---- the involvement table and the short form of GRIPP2, for the report

INVOLVEMENT = "What the Lived Experience Advisory Group said, and what became of it"
INVOLVEMENT_COLUMNS = ("Topic", "Meeting", "Kind", "How it was said", "What became of it", "Why")
GRIPP2 = "Reporting checklist of involvement (GRIPP2, short form)"
GRIPP2_ITEMS = (
    "1 Aim",
    "2 Methods",
    "3 Results of the involvement",
    "4 What it changed in the study",
    "5 Reflections",
)
GRIPP2_SOURCE = "Staniszewska et al. 2017, GRIPP2 short form. Counts are of topics, not of people."
# Codes of the form for feedback in words.
KINDS = {
    "variable": "a factor",
    "word": "a word",
    "reading": "how we read it",
    "output": "what we make",
    "process": "how we work",
}
HOW = {"room": "in the room", "chat": "in chat", "call": "in a call", "written": "in writing"}
NOBODY_NAMED = "Numbers and topics were written down, and never names."
WITH_THE_GROUP = "To be written with the group: what went well, and what did not."
