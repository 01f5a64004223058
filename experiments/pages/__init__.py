"""Common parts of HTML pages: templates, style, figures, numbers, screenshots."""
