"""HL7 FHIR R4 (4.0.1): our facts as its resources, its search parameters as conditions."""
