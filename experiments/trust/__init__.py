"""Evidence for distances and plugins: sweeps, rankings, scores of files, qualification."""
