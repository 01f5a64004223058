"""Patchwright's own optimizer: operators that compete to make the next children."""

from patchwright.search.optimizers.portfolio.portfolio import Portfolio

__all__ = ["Portfolio"]
