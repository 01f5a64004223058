"""Signal processing shared by the distances: spectra, mel bands, filters, loudness, alignment."""
