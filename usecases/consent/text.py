"""What people agree to: the hospital's own text, or this one."""

from dataclasses import dataclass

from storage.tokens import sha256_hex

DEFAULT = """为了让您在手机上看到检查结果,{hospital}需要处理您的敏感个人信息,请您单独同意:
一、处理什么:您的姓名、性别、年龄、检查时间与项目、影像和报告;您输入的证件或手机号数字只用于核对,不保存。
二、为什么:只为向您本人、您邀请的家人和您分享的人出示这些结果。
三、保存在哪里:保存在医院的系统中,按病历管理的规定保存。绑定微信时,另外保存微信给出的匿名编号,用来认出是您。
四、谁看过:每次查看都有记录,您随时可以在"谁看过"中查到。
五、您的权利:您可以随时在"家人和绑定"中撤回同意、解除绑定、停止分享。撤回后手机上不再出示,不影响您在医院就诊和取纸质报告。
未满十四周岁的孩子,请由父母或其他监护人阅读并同意。有疑问请拨打 {phone}。"""


@dataclass(frozen=True, slots=True)
class ConsentWords:
    """`version` is the text's own digest: a changed text is asked for again."""

    version: str
    text: str


def consent_words(own_text: str, *, hospital: str, phone: str) -> ConsentWords:
    text = own_text.strip() or DEFAULT.format(hospital=hospital, phone=phone)
    return ConsentWords(sha256_hex(text)[:22], text)
