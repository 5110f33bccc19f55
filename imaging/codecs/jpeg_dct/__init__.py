"""JPEG with the discrete cosine transform (ITU-T T.81): baseline, extended and progressive,
Huffman coded (PS3.5 A.4.1)."""

from imaging.codecs.jpeg_dct.colour_facts import coded_colour
from imaging.codecs.jpeg_dct.decoder import decode, read_header
from imaging.codecs.jpeg_dct.encoder import encode

__all__ = ["coded_colour", "decode", "encode", "read_header"]
