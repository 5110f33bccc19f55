"""Scan, digits, first pixels: two hundred patients at once, alone and beside ingest."""

from bench.patient_path.measure import run

__all__ = ["run"]
