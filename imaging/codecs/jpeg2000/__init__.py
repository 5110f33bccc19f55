"""JPEG 2000 (ITU-T T.800) and, with the block coder of `htj2k`, High-Throughput JPEG 2000."""

from imaging.codecs.jpeg2000.conformance import settle
from imaging.codecs.jpeg2000.decoder import decode, read_header

__all__ = ["decode", "read_header", "settle"]
