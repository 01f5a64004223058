"""What learns from renders: datasets, and what is trained on them.

The classes are in the folders: `patchwright.surrogates.datasets`.
"""

from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.identity import SynthIdentity

__all__ = ["SurrogateError", "SynthIdentity"]
