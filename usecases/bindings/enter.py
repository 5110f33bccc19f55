"""One tap instead of digits: a bound WeChat user enters for the patient of a code, or for the
newest examination of one of their people."""

from domain.challenge import Question
from domain.errors import Denied, Gone, NotFound
from domain.ports import Sealer
from storage.records.binding import Binding
from storage.records.exam import Exam
from storage.records.wechat_login import WeChatLogin
from storage.records.wechat_user import WeChatUser
from storage.transactions import in_transaction
from usecases.bindings.find import binding_for, live_bindings, newest_exam
from usecases.identity.find_code import code_row, question_for
from usecases.identity.verify_digits import Entrance, OpenedSession, open_viewing
from usecases.patients.person import person_of


async def enter_by_code(
    sealer: Sealer, login: WeChatLogin, token: str, *, preferred: Question, entrance: Entrance
) -> OpenedSession:
    """For the code's patient. A code that strangers' wrong tries have locked opens all the same:
    the lock is against those who must guess. Denied asks for the digits."""
    row = await code_row(token)
    if row.revoked_at is not None:
        raise Gone("code_revoked", "这个二维码已失效,请到放射科窗口重新打印。")
    if login.user is None:
        raise Denied("not_bound", "请输入数字验证。")
    exam = row.exam
    binding = await binding_for(login.user, await person_of(exam.patient))
    if binding is None and not _phone_proves(sealer, login, exam, preferred):
        raise Denied("not_bound", "请输入数字验证。")
    return await _open(exam, binding, entrance)


def _phone_proves(sealer: Sealer, login: WeChatLogin, exam: Exam, preferred: Question) -> bool:
    """A phone that WeChat vouched for stands in for its digits, and for no others."""
    question = question_for(sealer, exam.patient, preferred)
    if question is None or question.kind != "phone":
        return False
    return bool(login.phone_index) and login.phone_index == exam.patient.phone_index


async def enter_by_binding(
    user: WeChatUser, public_id: str, *, entrance: Entrance
) -> OpenedSession:
    """The newest examination of one of this user's people."""
    for binding in await live_bindings(user):
        if binding.public_id == public_id:
            exam = await newest_exam(binding)
            if exam is None:
                raise NotFound("exam_not_found", "还没有检查。登记检查后就能在这里看到。")
            return await _open(exam, binding, entrance)
    raise NotFound("binding_not_found", "没有找到这个绑定,请重新扫码验证。")


async def _open(exam: Exam, binding: Binding | None, entrance: Entrance) -> OpenedSession:
    return await in_transaction(
        lambda: open_viewing(exam, entrance, action="one_tap", binding=binding)
    )
