"""Hardware synths: presets are sent by MIDI, and what they sound like is recorded.

Nothing here imports the packages of the extra ``hardware`` before a port is looked for.
"""
