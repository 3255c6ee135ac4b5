"""What keeps the local stack from running, in words for the person who typed the command."""


class Problem(Exception):
    """Its text is shown as it is, without a traceback; say what is wrong and what to do about it."""
