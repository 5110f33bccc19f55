"""JPEG (ITU-T T.81). Today: the lossless processes, Huffman coded (annex H; PS3.5 A.4.2)."""

from imaging.codecs.jpeg.encoder import encode
from imaging.codecs.jpeg.lossless import decode, read_header

__all__ = ["decode", "encode", "read_header"]
