"""The beginning of a data set that came under a SOP Instance UID: does it say the same
(PS3.7 9.1.1: Affected SOP Instance UID)? Nothing is refused for a difference, only noted."""

from imaging.dicom.reader import read_file
from imaging.errors import ImagingError

HEAD_BYTES = 1 << 14
UID_DIFFERS = "uid_differs_from_command"
NO_UID = "no_sop_instance_uid"


def problem_of_head(prefix: bytes, head: bytes, sop_instance_uid: str) -> str:
    """ "" when the data set begins with this UID; UID_DIFFERS when with another; NO_UID when it
    has none that can be read. `prefix` is the file meta information, which names the syntax."""
    if sop_instance_uid.encode() in head:
        return ""  # (0008,0018) is among the first elements of every data set
    try:
        found = read_file(prefix + head, stop_before_pixels=True).dataset.text("SOPInstanceUID")
    except ImagingError:
        return NO_UID
    if not found:
        return NO_UID
    return "" if found == sop_instance_uid else UID_DIFFERS
