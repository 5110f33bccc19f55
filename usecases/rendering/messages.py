"""What people are told about a series that cannot be shown, by state and stable code."""

WAITING = "图像正在准备,请稍候。"
NOT_AN_IMAGE = "本序列是报告或文档,不含可显示的图像。"
UNSUPPORTED = "本序列的图像格式暂时不能显示;原始数据已完整保存,支持后会自动显示。"
DAMAGED = "本序列的图像数据已损坏,无法显示;请联系检查科室。"

_BY_CODE = {
    "not_an_image": NOT_AN_IMAGE,
    "pixels_missing": "本序列的文件中没有图像数据。",
    "object_corrupt": "本序列的文件在存储中损坏,已停止显示;请联系医院。",
    "object_missing": "本序列的文件在存储中丢失;请联系医院。",
}
_BY_STATE = {"ready": "", "waiting": WAITING, "unsupported": UNSUPPORTED, "damaged": DAMAGED}


def message_of(state: str, code: str) -> str:
    """Empty for a series that is ready."""
    return "" if state == "ready" else _BY_CODE.get(code, _BY_STATE[state])
