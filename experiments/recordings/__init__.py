"""Reading and writing of audio files, and the pitch of a recording."""
