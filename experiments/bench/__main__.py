"""All benchmarks but the recordings: ``python -m experiments.bench``."""

from experiments.bench import overhead, rendering, scoring

for bench in (rendering, scoring, overhead):
    bench.main()
