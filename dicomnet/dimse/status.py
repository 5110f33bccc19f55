"""Status codes that we send (PS3.7 annex C; PS3.4 tables B.2-1, C.4-1, C.4-2 and C.4-3)."""

from typing import Final

SUCCESS: Final = 0x0000
# failures
PROCESSING_FAILURE: Final = 0x0110
NO_SUCH_INSTANCE: Final = 0x0112
INVALID_ARGUMENT: Final = 0x0115
INVALID_OBJECT_INSTANCE: Final = 0x0117  # the UID breaks the rules for UIDs
SOP_CLASS_NOT_SUPPORTED: Final = 0x0122
CLASS_INSTANCE_CONFLICT: Final = 0x0119
NO_SUCH_ACTION: Final = 0x0123
NOT_AUTHORIZED: Final = 0x0124
UNRECOGNIZED_OPERATION: Final = 0x0211
OUT_OF_RESOURCES: Final = 0xA700
CANNOT_CALCULATE_MATCHES: Final = 0xA701
SUBOPERATIONS_FAILED: Final = 0xA702
MOVE_DESTINATION_UNKNOWN: Final = 0xA801
IDENTIFIER_DOES_NOT_MATCH: Final = 0xA900
CANNOT_UNDERSTAND: Final = 0xC000
UNABLE_TO_PROCESS: Final = 0xC001
# not yet the end
CANCELLED: Final = 0xFE00
PENDING: Final = 0xFF00
PENDING_KEYS_UNSUPPORTED: Final = 0xFF01
SUBOPERATIONS_WARNING: Final = 0xB000
# warnings: stored all the same
COERCION_WARNING: Final = 0xB000


def is_stored(status: int) -> bool:
    """What a C-STORE sender may take for "you have it"."""
    return status == SUCCESS or status >> 12 == 0xB
