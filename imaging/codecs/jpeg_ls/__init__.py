"""JPEG-LS (ITU-T T.87, PS3.5 A.4.3): lossless and near-lossless."""

from imaging.codecs.jpeg_ls.decoder import decode, read_header, settle
from imaging.codecs.jpeg_ls.encoder import encode

__all__ = ["decode", "encode", "read_header", "settle"]
