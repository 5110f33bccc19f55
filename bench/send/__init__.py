"""C-STORE as a user: images a second that our sender and DCMTK's storescu bring to the same
receiver (DCMTK's storescp, Orthanc), from the same files on the same disk.

Both read the files and send one after the other on one association; storescu's time is that of its
process, ours that of the association with the reading of the files.
"""

from bench.send.measure import run

__all__ = ["run"]
