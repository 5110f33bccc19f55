"""DICOMweb retrieval: frames and instances a second by WADO-RS beside Orthanc with its DICOMweb
plugin, the same stored images, the same client, in one run.

Both hold one series in the same transfer syntax and serve it over loopback; ours also checks a
bearer token and rights with each request, Orthanc has authentication switched off. The order of
the two turns with each round, and the median counts. A round asks for each object once, so that
neither lives off one cached object.
"""

from bench.dicomweb.measure import run

__all__ = ["run"]
