"""An object whose pixels lost something says so: an instance of its own that names its source
(PS3.3 C.7.6.1.1.2, C.7.6.1.1.5, C.12.4.1.1)."""

import struct

from imaging.dicom.dataset import Dataset, Element, Elements, SequenceElement
from imaging.dicom.dictionary import tag_for, vr_for
from imaging.dicom.uid import derived_uid


def mark_lossy(dataset: Dataset, method: str, ratio: float, *how: str) -> None:
    """In place. `how` makes the new UID, the same for the same source and the same losses."""
    source = _source(dataset)
    uid = derived_uid(dataset.text("SOPInstanceUID"), method, *how)
    kind = dataset.texts("ImageType")[1:]
    _put(dataset, "SOPInstanceUID", uid)
    _put(dataset, "ImageType", *(["DERIVED"] + (kind or ["PRIMARY"])))
    _put(dataset, "LossyImageCompression", "01")
    for keyword, value in (("Ratio", f"{ratio:.6g}"), ("Method", method)):
        name = f"LossyImageCompression{keyword}"
        _put(dataset, name, *dataset.texts(name), value)
    dataset.elements[tag_for("SourceImageSequence")] = SequenceElement([source])


def _source(dataset: Dataset) -> Dataset:
    item = Dataset(dataset.is_big_endian, Elements(), dataset)
    for kind in ("Class", "Instance"):
        _put(item, f"ReferencedSOP{kind}UID", dataset.text(f"SOP{kind}UID"))
    return item


def _put(dataset: Dataset, keyword: str, *values: str) -> None:
    tag = tag_for(keyword)
    vr = vr_for(tag)
    raw = "\\".join(values).encode("ascii", "replace")
    raw += (b"\0" if vr == "UI" else b" ") * (len(raw) & 1)
    dataset.elements[tag] = Element(vr, memoryview(raw))


def put_number(dataset: Dataset, keyword: str, value: int) -> None:
    """A US value in the data set's byte order."""
    order = ">" if dataset.is_big_endian else "<"
    dataset.elements[tag_for(keyword)] = Element("US", memoryview(struct.pack(order + "H", value)))
