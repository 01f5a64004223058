"""What a person runs: experiments, their records and reports, and the command line.

This module imports nothing, so that the command line starts quickly; the Python way in is
`patchwright.experiments.match.run`.
"""
