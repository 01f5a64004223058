"""Training of networks on datasets, which resumes to the same bits."""
