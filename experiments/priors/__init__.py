"""Priors for people: learned from preset files, and shown as tables and as a page."""
