"""The command line as ``python -m patchwright``."""

from patchwright.experiments.cli import main

if __name__ == "__main__":
    main()
