"""The table of jobs: which use case does a topic's work, on which queue, how many at once.

A job gets ids and gives nothing; it is safe to run twice.
"""
