"""Signal processing that the distances share: spectra, mel bands, loudness, alignment."""
