"""The command line: starts the doors and runs small tools."""
