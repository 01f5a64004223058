"""The error about datasets and models."""


class SurrogateError(ValueError):
    """A mistake about a dataset or a model; the message is one sentence with its mend."""
