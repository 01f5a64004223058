"""Changes of the tables; what a released file does never changes."""
