"""A file of each JPEG transfer syntax is shown, not left waiting for a decoder."""

import json
from pathlib import Path

import pytest

from assembly.runtime import Runtime
from storage.records.imaging import Instance, Study
from tests.usecases.rendering.conftest import Feed
from workers.inline import drain

FILES = {
    "50": "colour/SC_rgb_dcmtk__eb_cy_s2.dcm",
    "51": "syntax/wg04_xa1/XA1_JPLY",
    "53": "syntax/ct_ge_chest/CTImage_JPEGProcess6_8TransferSyntax_1.2.840.10008.1.2.4.53.dcm",
    "55": "syntax/ct_ge_chest/CTImage_JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55.dcm",
    "57": "syntax/ct_ge_chest/CTImage_JPEGProcess14TransferSyntax_1.2.840.10008.1.2.4.57.dcm",
    "70": "syntax/wg04_ct1/CT1_JPLL",
    "80": "syntax/wg04_ct1/CT1_JLSL",
    "81": "syntax/wg04_ct1/CT1_JLSN",
}


@pytest.mark.parametrize("syntax", FILES)
async def test_each_jpeg_syntax_is_rendered(
    runtime: Runtime, feed: Feed, shared_dicom: Path, syntax: str
) -> None:
    await feed([shared_dicom / FILES[syntax]])
    await drain(runtime)
    assert (await Instance.get()).transfer_syntax_uid.endswith(f".4.{syntax}")
    study = await Study.get()
    data = await runtime.objects.get(study.manifest_key, sha256=study.manifest_sha256)
    shown = json.loads(data)["series"][0]
    assert (shown["state"], shown["problem"], shown["count"]) == ("ready", "", 1)
