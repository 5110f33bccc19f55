"""Text in every character set of PS3.3 C.12.1.1.2, and as hospitals really send it."""

import pytest

from imaging.dicom.charset import decode, labels_of, shown_name
from imaging.dicom.reader import read_dataset
from imaging.dicom.uid import EXPLICIT_LITTLE
from tests.imaging.dicom.test_reader import explicit

SINGLE = [
    ("", "Wang^Xiaodong", "ascii"),
    ("ISO_IR 6", "Wang^Xiaodong", "ascii"),
    ("ISO_IR 100", "Buc^Jérôme", "latin_1"),
    ("ISO_IR 101", "Wałęsa", "iso8859_2"),
    ("ISO_IR 109", "ĉapelo Ħ", "iso8859_3"),
    ("ISO_IR 110", "Ķēniņš", "iso8859_4"),
    ("ISO_IR 144", "Люкceмбypг", "iso8859_5"),
    ("ISO_IR 127", "قباني^لنزار", "iso8859_6"),
    ("ISO_IR 126", "Διονυσιος", "iso8859_7"),
    ("ISO_IR 138", "שרון^דבורה", "iso8859_8"),
    ("ISO_IR 148", "Çağrı Şimşek", "iso8859_9"),
    ("ISO_IR 203", "Œuvre €", "iso8859_15"),
    ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ", "shift_jis"),
    ("ISO_IR 166", "สมชาย", "tis_620"),
    ("ISO_IR 192", "Zhang^San=张^三", "utf_8"),
    ("GB18030", "欧阳^小龙", "gb18030"),
    ("GB18030", "㐂^𠮷", "gb18030"),
    ("GBK", "张^鑫淼", "gbk"),
]


@pytest.mark.parametrize(("label", "text", "codec"), SINGLE)
def test_every_single_character_set(label: str, text: str, codec: str) -> None:
    assert decode(text.encode(codec), labels_of(label.encode())) == text


@pytest.mark.parametrize(("label", "text", "codec"), [s for s in SINGLE if "ISO_IR" in s[0]])
def test_the_same_sets_when_others_may_follow(label: str, text: str, codec: str) -> None:
    several = label.replace("ISO_IR", "ISO 2022 IR") + "\\ISO 2022 IR 87"
    assert decode(text.encode(codec), labels_of(several.encode())) == text


@pytest.mark.parametrize("label", [b"iso_ir 192", b"ISO IR 192", b"ISO-IR 192", b"UTF-8", b"UTF8 "])
def test_misspelt_labels(label: bytes) -> None:
    assert decode("张三".encode(), labels_of(label)) == "张三"


EXTENDED = [
    # PS3.5 annexes H, I and K: the standard's own examples
    (
        b"\\ISO 2022 IR 87",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
    ),
    (
        b"ISO 2022 IR 13\\ISO 2022 IR 87",
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎",
    ),
    (
        b"\\ISO 2022 IR 149",
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong^Gildong=洪^吉洞=홍^길동",
    ),
    (
        b"\\ISO 2022 IR 58",
        b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
        "Zhang^XiaoDong=张^小东=",
    ),
    # back to ASCII below, what is above stays; and katakana beside kanji
    (b"\\ISO 2022 IR 126", b"\x1b-F\xe9\x1b(Ba\xe9", "ιaι"),
    (b"\\ISO 2022 IR 149", b"\x1b$)C\xb1\xe6 \x1b(BKim \xb5\xbf", "길 Kim 동"),
    (b"ISO 2022 IR 13\\ISO 2022 IR 87", b"\x1b$B;3\xd4\xcf\x1b(J", "山ﾔﾏ"),
    (b"\\ISO 2022 IR 58", "\x1b$)A张鑫淼".encode("gbk"), "张鑫淼"),  # two of them beyond GB 2312
    (b"\\ISO 2022 IR 13", b"\x1b)I\xd4\xcf", "ﾔﾏ"),
    (b"\\ISO 2022 IR 166", b"\x1b-T\xca\xc1", "สม"),
    (b"\\ISO 2022 IR 159", b"\x1b$(D0!\x1b(B", "丂"),
    (b"ISO 2022 IR 100\\ISO 2022 IR 144", b"Buc^J\xe9r\xf4me \x1b-L\xbb\xee", "Buc^Jérôme Лю"),
    (b"\\ISO 2022 IR 100\\ISO 2022 IR 126", b"\x1b-A\xe9\x1b-F\xe9", "éι"),
]


@pytest.mark.parametrize(("label", "raw", "text"), EXTENDED)
def test_code_extensions(label: bytes, raw: bytes, text: str) -> None:
    assert decode(raw, labels_of(label)) == text


def test_a_control_character_returns_to_the_first_set() -> None:
    raw = b"\x1b$)A\xd5\xc5\r\nplain"
    assert decode(raw, labels_of(b"\\ISO 2022 IR 58")) == "张\r\nplain"


@pytest.mark.parametrize("label", [b"", b"ISO_IR 100", b"ISO_IR 6"])
def test_gbk_under_a_wrong_label_or_none(label: bytes) -> None:
    assert decode("陈^美丽".encode("gbk"), labels_of(label)) == "陈^美丽"


@pytest.mark.parametrize("label", [b"", b"ISO_IR 100", b"GB18030"])
def test_utf8_under_a_wrong_label(label: bytes) -> None:
    assert decode("市第一人民医院".encode(), labels_of(label))[-2:] in ("医院", "闄�", "��")
    assert decode("陈美丽".encode(), labels_of(b"ISO_IR 100")) == "陈美丽"


@pytest.mark.parametrize("name", ["Müller^Jörg", "Aimée", "Søren Kierkegård", "Ångström"])
def test_latin_1_stays_latin_1(name: str) -> None:
    assert decode(name.encode("latin_1"), labels_of(b"ISO_IR 100")) == name


def test_the_senders_usual_character_set_is_tried_first() -> None:
    raw = "김희중".encode("euc_kr")
    assert decode(raw, [], default="EUC_KR") == "김희중"


def test_escapes_that_were_forgotten_follow_the_label() -> None:
    assert decode("홍길동".encode("euc_kr"), labels_of(b"\\ISO 2022 IR 149")) == "홍길동"


@pytest.mark.parametrize("codec", ["gb18030", "utf_8"])
def test_a_character_cut_in_half_loses_only_itself(codec: str) -> None:
    label = {"gb18030": b"GB18030", "utf_8": b"ISO_IR 192"}[codec]
    assert decode("医院影像".encode(codec)[:-1], labels_of(label)) == "医院影�"


@pytest.mark.parametrize(
    "raw", [bytes([byte]) * 3 for byte in range(256)] + [b"\x1b$", b"\x1b$)A\xff"]
)
@pytest.mark.parametrize(
    "label", [b"", b"ISO_IR 192", b"GB18030", b"\\ISO 2022 IR 87", b"nonsense"]
)
def test_no_bytes_raise(raw: bytes, label: bytes) -> None:
    decode(raw, labels_of(label))


def test_backslash_and_caret_inside_a_two_byte_character_are_no_delimiters() -> None:
    # 0x5C and 0x5E as second bytes: 誠 is D55C, 昞 is 955E in GBK
    name, place = "昞^誠", "誠\\医院"
    body = explicit(0x00080005, "CS", b"GBK ") + explicit(0x00080081, "ST", b"")
    body += explicit(0x00080080, "LO", place.encode("gbk"))
    body += explicit(0x00100010, "PN", name.encode("gbk") + b" ")
    dataset = read_dataset(body, EXPLICIT_LITTLE)
    assert dataset.text("PatientName") == name
    assert dataset.texts("InstitutionName") == ["誠", "医院"]
    assert dataset.raw("PatientName").startswith("昞".encode("gbk"))


def test_items_inherit_the_label_or_have_their_own() -> None:
    own = explicit(0x00080005, "CS", b"GBK ") + explicit(0x00100010, "PN", "张三".encode("gbk"))
    plain = explicit(0x00100010, "PN", "李四".encode())
    items = b"".join(b"\xfe\xff\x00\xe0" + len(i).to_bytes(4, "little") + i for i in (own, plain))
    body = explicit(0x00080005, "CS", b"ISO_IR 192") + explicit(0x00081115, "SQ", items)
    first, second = read_dataset(body, EXPLICIT_LITTLE).sequence("ReferencedSeriesSequence")
    assert (first.text("PatientName"), second.text("PatientName")) == ("张三", "李四")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Zhang^San=张^三", "张三"),
        ("Zhang^San=", "Zhang San"),
        ("张^三^^先生", "张三先生"),
        ("Buc^Jérôme", "Buc Jérôme"),
        ("=张^三", "张三"),
        ("", ""),
    ],
)
def test_the_name_that_people_read(name: str, shown: str) -> None:
    assert shown_name(name) == shown
