"""What a notebook's parameters may be given as. Papermill hands over some values as text."""

from mothers_margins.errors import UsageError

BY_TEXT = {"true": True, "false": False}


def truth_of(text: str) -> bool | None:
    """'true' and 'false' as truth values, in any capitals; None for every other text."""
    return BY_TEXT.get(text.lower())


def true_or_false(name: str, given: object) -> bool:
    """The value of a notebook's parameter that is either true or false.

    `papermill -p percent false` hands over the text, which Python takes for true; only True and
    False arrive as truth values. Verbs take no texts: there a text is a slip of the analyst.

    name: of the parameter, for the message.
    given: True, False, or one of these words as a text, in any capitals.

    Raises UsageError for anything else: yes, no, 1 and 0 too.
    """
    if given is True or given is False:
        return bool(given)
    read = truth_of(given) if isinstance(given, str) else None
    if read is None:
        raise UsageError(
            f"{name}: must be true or false, in any capitals; "
            f"it was given {'another text' if isinstance(given, str) else type(given).__name__}."
        )
    return read
