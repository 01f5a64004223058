"""Recognition of effects on sound files, and training of it on folders of dry sounds."""
