"""Plugins: finding, describing and rendering them, reproducibly and in separate processes.

Nothing is imported here, to keep the plugins' processes small.
"""
