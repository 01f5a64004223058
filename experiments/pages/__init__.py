"""What all HTML pages share: templates, style, figures, numbers, screenshots."""
