"""RLE Lossless (PS3.5 annex G)."""

from imaging.codecs.rle.decoder import decode, decode_bits, read_header
from imaging.codecs.rle.encoder import encode

__all__ = ["decode", "decode_bits", "encode", "read_header"]
