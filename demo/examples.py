"""The examinations that `make demo` shows: all three states, two campuses, in- and outpatients."""

from dataclasses import dataclass
from typing import Literal

from demo.people import Person, person

Picture = Literal["chest_ct", "head_ct", "head_mr", "chest_dx", ""]


@dataclass(frozen=True, slots=True)
class Example:
    """`picture` empty: the scanner has not sent anything yet. `findings` empty: no report yet."""

    accession_number: str
    person: Person
    campus: str
    patient_class: Literal["I", "O", "E", "P"]
    modality: str
    procedure: str
    body_part: str
    picture: Picture
    charset: Literal["GB18030", "UTF-8"]
    findings: str = ""
    impression: str = ""
    study_uid: str = ""  # given when the order names the study (ZDS-1)
    days_ago: int = 0


def examples(day: str) -> list[Example]:
    """`day` (YYYYMMDD) goes into the accession numbers."""
    return [
        Example(
            f"CT{day}001", person(0), "东院区", "I", "CT", "胸部CT平扫+增强", "CHEST", "chest_ct",
            "GB18030",
            "胸廓对称,纵隔居中。右肺上叶后段见一类圆形实性结节,直径约11mm,边界清楚。余肺野清晰,"
            "气管及主支气管通畅。心影不大,大血管强化均匀。纵隔内未见肿大淋巴结。双侧胸腔未见积液。",
            "右肺上叶实性结节,建议3个月后复查低剂量CT。",
        ),
        Example(
            f"CT{day}002", person(1), "东院区", "E", "CT", "颅脑CT平扫", "HEAD", "head_ct",
            "GB18030",
        ),
        Example(
            f"MR{day}003", person(2), "西院区", "O", "MR", "颅脑MR平扫(T1)", "HEAD", "head_mr",
            "UTF-8",
            "双侧大脑半球对称,灰白质分界清楚,脑实质内未见异常信号。脑室系统大小形态正常,"
            "中线结构居中。小脑及脑干未见异常。",
            "颅脑MR平扫未见明显异常。",
        ),
        Example(
            f"DX{day}004", person(3), "西院区", "O", "DX", "胸部正位片", "CHEST", "chest_dx",
            "GB18030",
            "两肺纹理清晰,肺野内未见实质性病变。心影大小形态正常,两侧膈面光整,肋膈角锐利。",
            "心肺膈未见明显异常。",
        ),
        Example(
            f"DX{day}005", person(4), "东院区", "P", "DX", "胸部正位片(体检)", "CHEST", "",
            "GB18030",
        ),
        Example(
            f"DX{day}006", person(0), "西院区", "O", "DX", "胸部正位片", "CHEST", "chest_dx",
            "GB18030",
            "右上肺野隐约见小结节影,余肺野清晰。心影大小形态正常,两侧膈面光整,肋膈角锐利。",
            "右上肺小结节影,建议CT检查。",
            days_ago=190,
        ),
    ]  # fmt: skip
