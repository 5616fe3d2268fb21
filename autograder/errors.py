"""The errors that a person at the command line can act on."""


class AutograderError(Exception):
    """Something is wrong with what was given or with this machine; the message says what to do."""
