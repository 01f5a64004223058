"""How far distances and plugins can be trusted: sweeps, rankings, scores, qualification."""
