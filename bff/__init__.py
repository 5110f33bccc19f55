"""The door for browsers, apps and third parties: turns one HTTP request into one use case."""
