"""Re-exports every model, for the ORM's configuration and the migrations."""

from storage.records.audit import AuditEntry
from storage.records.binding import Binding, GuardianInvitation
from storage.records.client import ApiClient
from storage.records.commitment import CommitmentReport
from storage.records.consent import Consent, ConsentText
from storage.records.entry_ticket import EntryTicket
from storage.records.exam import Exam
from storage.records.exam_code import ExamCode
from storage.records.failed_try import FailedTry
from storage.records.forwarding import ForwardedStudy
from storage.records.hl7_outbound import Hl7Outbound
from storage.records.imaging import Instance, QuarantinedInstance, Series, Study
from storage.records.inbox import InboundMessage
from storage.records.marks import StaffPreference, StudyMarks
from storage.records.notice import Notice, WeChatPush
from storage.records.oauth import OAuthClient, OAuthGrant, OAuthToken
from storage.records.outbox import OutboxRow
from storage.records.page_settings import PageSettings
from storage.records.patient import Patient
from storage.records.patient_merge import PatientMerge
from storage.records.pulling import PulledStudy, PullState
from storage.records.report import Report
from storage.records.session import ViewingSession
from storage.records.share import Share
from storage.records.shared_token import SharedToken
from storage.records.staff import StaffAccount
from storage.records.usage import UsageCount
from storage.records.used_once import UsedOnce
from storage.records.view_mark import ViewMark
from storage.records.view_ticket import ViewTicket
from storage.records.wechat_login import WeChatLogin, WeChatState
from storage.records.wechat_user import WeChatUser

__all__ = [
    "ApiClient",
    "AuditEntry",
    "Binding",
    "CommitmentReport",
    "Consent",
    "ConsentText",
    "EntryTicket",
    "Exam",
    "ExamCode",
    "FailedTry",
    "ForwardedStudy",
    "GuardianInvitation",
    "Hl7Outbound",
    "InboundMessage",
    "Instance",
    "Notice",
    "OAuthClient",
    "OAuthGrant",
    "OAuthToken",
    "OutboxRow",
    "PageSettings",
    "Patient",
    "PatientMerge",
    "PullState",
    "PulledStudy",
    "QuarantinedInstance",
    "Report",
    "Series",
    "Share",
    "SharedToken",
    "StaffAccount",
    "StaffPreference",
    "Study",
    "StudyMarks",
    "UsageCount",
    "UsedOnce",
    "ViewMark",
    "ViewTicket",
    "ViewingSession",
    "WeChatLogin",
    "WeChatPush",
    "WeChatState",
    "WeChatUser",
]
