"""What this FHIR service can do, as FHIR says it (CapabilityStatement)."""

from integrations.fhir.resources import Addresses, Resource
from integrations.fhir.search import PARAMETERS

PUBLISHED = "2026-11-25"
_TYPES = {
    "id": "token", "token": "token", "code": "token", "number": "number", "text": "string",
    "reference": "reference", "date": "date", "day": "date",
}  # fmt: skip


def capability_statement(addresses: Addresses, *, version: str) -> Resource:
    """Of the running service."""
    rest = [
        {
            "type": name,
            "interaction": [{"code": "read"}, {"code": "search-type"}],
            "versioning": "versioned",
            "readHistory": False,
            "conditionalRead": "not-match",
            "searchParam": [
                {"name": parameter, "type": _TYPES[kind]}
                for parameter, kind in parameters.items()
                if "." not in parameter
            ],
        }
        for name, parameters in PARAMETERS.items()
    ]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": PUBLISHED,
        "kind": "instance",
        "software": {"name": "Cloudfilm", "version": version},
        "implementation": {"description": "Cloudfilm 云胶片", "url": addresses.fhir},
        "fhirVersion": "4.0.1",
        "format": ["json", "application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "cors": True,
                    "service": [
                        {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/"
                                    "restful-security-service",
                                    "code": "OAuth",
                                }
                            ]
                        }
                    ],
                    "description": "Bearer tokens with the scope fhir.read",
                },
                "resource": rest,
            }
        ],
    }
