"""Protocol data units of PS3.8 section 9.3 as values; `decode` and `encode` hold their bytes."""

from dataclasses import dataclass, field

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
MAX_CONTROL_PDU = 1 << 20
MAX_CONTEXTS = 128
# reasons of an A-ABORT by the provider (table 9-26)
UNRECOGNIZED_PDU, UNEXPECTED_PDU, UNEXPECTED_PARAMETER, INVALID_PARAMETER = 1, 2, 5, 6


@dataclass(frozen=True, slots=True)
class ProposedContext:
    """A presentation context of an A-ASSOCIATE-RQ."""

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContextResult:
    """Its answer: 0 accepted, 3 abstract syntax, 4 transfer syntaxes not supported."""

    context_id: int
    result: int
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class UserInformation:
    """PS3.8 annex D and PS3.7 annex D.3: what both sides say of themselves. `roles`: SOP class,
    is SCU, is SCP; `extended`: SOP class and its service class application information."""

    max_length: int = 0
    implementation_class_uid: str = ""
    implementation_version: str = ""
    roles: tuple[tuple[str, bool, bool], ...] = ()
    extended: tuple[tuple[str, bytes], ...] = ()
    async_window: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class AssociateRQ:
    called_ae: str
    calling_ae: str
    contexts: tuple[ProposedContext, ...]
    user: UserInformation = field(default_factory=UserInformation)
    application_context: str = APPLICATION_CONTEXT
    version: int = 1


@dataclass(frozen=True, slots=True)
class AssociateAC:
    called_ae: str
    calling_ae: str
    results: tuple[ContextResult, ...]
    user: UserInformation = field(default_factory=UserInformation)


@dataclass(frozen=True, slots=True)
class AssociateRJ:
    """`result` 1 permanent, 2 transient; `source` and `reason` of table 9-21."""

    result: int
    source: int
    reason: int


@dataclass(frozen=True, slots=True)
class PDV:
    """One presentation data value; `data` is a view into the PDU."""

    context_id: int
    is_command: bool
    is_last: bool
    data: memoryview


@dataclass(frozen=True, slots=True)
class PData:
    values: tuple[PDV, ...]


@dataclass(frozen=True, slots=True)
class ReleaseRQ:
    pass


@dataclass(frozen=True, slots=True)
class ReleaseRP:
    pass


@dataclass(frozen=True, slots=True)
class Abort:
    """`source` 0 service user, 2 service provider."""

    source: int = 0
    reason: int = 0


PDU = AssociateRQ | AssociateAC | AssociateRJ | PData | ReleaseRQ | ReleaseRP | Abort
