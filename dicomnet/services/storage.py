"""What we accept as a storage SCP (PS3.4 annex B) and how we answer proposals."""

from dicomnet.ul.pdu import (
    AssociateRJ,
    AssociateRQ,
    ContextResult,
    ProposedContext,
)
from imaging.dicom.uid import STORAGE_ROOT, STORAGE_SOP_CLASSES, TRANSFER_SYNTAXES, VERIFICATION

ACCEPTED, USER_REJECTION, NO_REASON = 0, 1, 2
ABSTRACT_NOT_SUPPORTED, TRANSFER_NOT_SUPPORTED = 3, 4

CALLED_AE_UNKNOWN = AssociateRJ(result=1, source=1, reason=7)
CALLING_AE_UNKNOWN = AssociateRJ(result=1, source=1, reason=3)
APPLICATION_CONTEXT_UNKNOWN = AssociateRJ(result=1, source=1, reason=2)
VERSION_UNKNOWN = AssociateRJ(result=1, source=2, reason=2)
LOCAL_LIMIT = AssociateRJ(result=2, source=3, reason=2)


def is_stored(sop_class_uid: str) -> bool:
    """Every storage class of PS3.4 B.5, and unknown ones below the standard's storage root."""
    return sop_class_uid in STORAGE_SOP_CLASSES or sop_class_uid.startswith(STORAGE_ROOT)


def answer_context(context: ProposedContext) -> ContextResult:
    """Accept the sender's first transfer syntax that we can keep: all are kept as sent."""
    if context.abstract_syntax == VERIFICATION or is_stored(context.abstract_syntax):
        for syntax in context.transfer_syntaxes:
            if syntax in TRANSFER_SYNTAXES:
                return ContextResult(context.context_id, ACCEPTED, syntax)
        result = TRANSFER_NOT_SUPPORTED
    else:
        result = ABSTRACT_NOT_SUPPORTED
    first = context.transfer_syntaxes[0] if context.transfer_syntaxes else ""
    return ContextResult(context.context_id, result, first)


def refusal_of(
    request: AssociateRQ, *, ae_title: str, check_called_ae: bool, allowed_calling: frozenset[str]
) -> AssociateRJ | None:
    """Why this association is refused (PS3.8 table 9-21), or None."""
    if not request.version & 1:
        return VERSION_UNKNOWN
    if request.application_context != "1.2.840.10008.3.1.1.1":
        return APPLICATION_CONTEXT_UNKNOWN
    if check_called_ae and request.called_ae != ae_title:
        return CALLED_AE_UNKNOWN
    if allowed_calling and request.calling_ae not in allowed_calling:
        return CALLING_AE_UNKNOWN
    return None
