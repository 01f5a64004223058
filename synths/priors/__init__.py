"""Priors: joint distributions of a synth's presets, written by hand or learned from presets."""
