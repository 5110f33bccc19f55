"""What a DICOM object and a pixel are. All our own, written from the standard's text (A2.1)."""
