"""Status codes that we send (PS3.7 annex C, PS3.4 table B.2-1)."""

from typing import Final

SUCCESS: Final = 0x0000
# failures
PROCESSING_FAILURE: Final = 0x0110
INVALID_OBJECT_INSTANCE: Final = 0x0117  # the UID breaks the rules for UIDs
SOP_CLASS_NOT_SUPPORTED: Final = 0x0122
UNRECOGNIZED_OPERATION: Final = 0x0211
OUT_OF_RESOURCES: Final = 0xA700
CANNOT_UNDERSTAND: Final = 0xC000
# warnings: stored all the same
COERCION_WARNING: Final = 0xB000


def is_stored(status: int) -> bool:
    """What a C-STORE sender may take for "you have it"."""
    return status == SUCCESS or status >> 12 == 0xB
