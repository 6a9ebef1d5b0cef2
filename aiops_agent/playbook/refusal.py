"""What a word of the vocabulary says when it does not do what it was asked for."""


class RefusedError(Exception):
    """Why a command was not done; for people. Nothing was changed."""


class HalfDoneError(Exception):
    """Why a change was cut off in the middle; for people. Something may have been changed."""
