"""What still differs between two sounds, in words, in order of how plainly it is heard.

Each difference is measured in units of a published just noticeable difference; those below one are
left out.
"""

from patchwright.objectives.differences.difference import Difference, Differences, of_several
from patchwright.objectives.differences.hear import hear_differences

__all__ = ["Difference", "Differences", "hear_differences", "of_several"]
