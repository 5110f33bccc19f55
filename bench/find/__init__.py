"""C-FIND at the study level: milliseconds a question over a real association.

Beside Orthanc with the same small archive (`BESIDE` studies: a million cannot be filed there in the
time of a bench), and ours alone, on PostgreSQL, with a million examinations.
"""

from bench.find.measure import run

__all__ = ["run"]
