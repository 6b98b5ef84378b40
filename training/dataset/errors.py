"""What can be wrong with the photos that a command was given."""


class UnfitDataError(Exception):
    """The photos lack what is asked of them; the text says what, for the person who chose them."""
