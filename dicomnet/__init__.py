"""DICOM over TCP (PS3.7, PS3.8): the protocol without I/O below, sockets only in `transport`."""
