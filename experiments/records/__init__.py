"""Files in the folder of a run, and the typed records that they contain."""
