"""Data sets of PS3.5 and files of PS3.10: read, understood, written."""
