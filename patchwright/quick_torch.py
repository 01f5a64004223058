"""A quicker first import of torch.

It makes half a million objects that stay. The garbage collector would go through them again and
again, during the imports that follow and once more at the end of the process: a third of what a
process took to start and to end.
"""

import gc
import sys

if "torch" not in sys.modules:
    _enabled = gc.isenabled()
    gc.disable()
    import torch  # noqa: F401

    gc.freeze()
    if _enabled:
        gc.enable()
