"""Short phrases to match synths on, composed for this project."""
