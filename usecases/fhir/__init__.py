"""Patients, imaging studies and diagnostic reports for other systems (HL7 FHIR R4, read only)."""
