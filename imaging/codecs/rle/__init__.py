"""RLE Lossless (PS3.5 annex G)."""

from imaging.codecs.rle.decoder import decode, read_header
from imaging.codecs.rle.encoder import encode

__all__ = ["decode", "encode", "read_header"]
