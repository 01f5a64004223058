"""The studio: matches in a browser, from a dropped sound to a saved preset.

Everything in it is a run of the toolkit in a run folder. The search of a run is a process of its
own (`runner.py`), which writes the run's log as the command line does; the server reads that log,
and renders what is listened to. What a person does beside the search (strands, likes, notes, the
sounds that were dropped) lies in the folder `studio/` of the run.
"""
