"""Datasets from the command line: preparation, progress, presets of earlier runs, and pages."""

from patchwright.experiments.datasets.setup import DatasetSetup, prepare_dataset

__all__ = ["DatasetSetup", "prepare_dataset"]
