"""Made-up patients. Their ID cards carry a right check digit (ISO 7064 MOD 11-2) in region code
999900, which no place in China has, and phones in a number range that is not given out."""

from dataclasses import dataclass
from datetime import date

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = "10X98765432"
REGION = "999900"


def id_card(birth: date, serial: int) -> str:
    """18 characters; an odd serial is a man's, an even one a woman's."""
    body = f"{REGION}{birth:%Y%m%d}{serial:03d}"
    return body + CHECK[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


@dataclass(frozen=True, slots=True)
class Person:
    patient_number: str
    name: str
    pinyin: str
    sex: str
    birth_date: date
    id_card: str
    phone: str


_NAMES = (
    ("张建国", "Zhang^Jianguo", "M", date(1958, 3, 12)),
    ("李秀英", "Li^Xiuying", "F", date(1951, 8, 2)),
    ("王晓雨", "Wang^Xiaoyu", "F", date(1990, 12, 25)),
    ("欧阳明轩", "Ouyang^Mingxuan", "M", date(2016, 5, 30)),
    ("陈婷", "Chen^Ting", "F", date(1984, 7, 9)),
    ("赵铁柱", "Zhao^Tiezhu", "M", date(1967, 10, 1)),
    ("刘翠", "Liu^Cui", "F", date(1973, 2, 18)),
    ("孙浩然", "Sun^Haoran", "M", date(1999, 6, 6)),
)


def person(index: int) -> Person:
    """The patient of the example `index`; the list begins anew after its end."""
    name, pinyin, sex, birth = _NAMES[index % len(_NAMES)]
    serial = 101 + 2 * index + (0 if sex == "M" else 1)
    return Person(
        patient_number=f"P{20260000 + 17 * index + 1}",
        name=name,
        pinyin=pinyin,
        sex=sex,
        birth_date=birth,
        id_card=id_card(birth, serial % 1000),
        phone=f"1000000{1000 + 37 * index:04d}",
    )
