"""Report of a run: one self-contained HTML page with scores, sounds and parameters."""

from patchwright.experiments.report.page import write_report

__all__ = ["write_report"]
