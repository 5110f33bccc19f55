"""DICOMweb (PS3.18): studies over HTTP, for machines and foreign viewers."""
