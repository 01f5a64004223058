"""Benchmarks: `make bench` prints ratios that are measured side by side in one run."""
