"""What a command answers when it does not do what it was told."""


class CannotDo(Exception):
    """Nothing was changed; the message is a sentence for the person who gave the command."""
