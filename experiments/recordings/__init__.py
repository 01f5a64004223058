"""Audio files in and out, and the pitch of a recording."""
