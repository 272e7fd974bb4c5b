"""Words of ours as sentences. Labels of the study keep their case."""


def sentence(words: str) -> str:
    """Words of ours as a sentence. Not for labels: they keep their case."""
    return f"{capital(words)}."


def capital(words: str) -> str:
    """Words of ours with a capital letter. Not for labels: they keep their case."""
    return words[:1].upper() + words[1:]


def in_sentence(words: str) -> str:
    """Words of ours inside a sentence. Not for labels: they keep their case."""
    return words[:1].lower() + words[1:]
