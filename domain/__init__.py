"""Nouns and rules of the hospital: what an examination, a patient, a code and a report are.

Values in, values out. No I/O, no clock: the caller says what time it is.
"""
