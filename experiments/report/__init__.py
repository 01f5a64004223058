"""The page that shows a run: one HTML file that needs nothing else, to look at and listen to."""

from patchwright.experiments.report.page import write_report

__all__ = ["write_report"]
