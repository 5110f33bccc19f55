"""Durable receive rate: images a second that are acknowledged, beside Orthanc and DCMTK's
storescp, on the same disk, from the same sender with the same bytes.

Ours and Orthanc have written and synced the object and committed its row before they say success;
storescp has only handed the bytes to the page cache (`peer_durable: false`). Each run starts with
an empty store; the order of the receivers turns with each round, and the median counts.
"""

from bench.receive.measure import run

__all__ = ["run"]
