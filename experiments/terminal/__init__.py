"""What is printed: the console, plain text, command lines without secrets."""
