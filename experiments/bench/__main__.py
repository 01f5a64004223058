"""Benchmarks of rendering, scoring and optimizers.

Run as ``python -m patchwright.experiments.bench``.
"""

from patchwright.experiments.bench import overhead, rendering, scoring

for bench in (rendering, scoring, overhead):
    bench.main()
