"""What handlers find in the app: the runtime, the gate, the built pages."""

from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sanic import Sanic
from sanic.request import Request

from assembly.pixel_channel import PixelClient
from assembly.runtime import Runtime
from bff.access import Gate
from bff.built_pages import BuiltPages
from bff.cache import TimedCache
from bff.dicomweb.receiver import LazyReceiver
from domain.access import GuestViewer, PatientViewer, ShareViewer, StaffViewer, Viewer
from domain.challenge import Question
from integrations.his.senders import Senders
from usecases.audit.note_access import note_access
from usecases.consent.text import ConsentWords
from usecases.dicomweb.select_instances import WebInstance
from usecases.viewing.read_report import Hospital

NOTED_S = 600.0


@dataclass(frozen=True, slots=True)
class FramePlaces:
    """Where an object's frames lie (`usecases.dicomweb.frames`)."""

    count: int
    is_encapsulated: bool
    places: list[list[list[int]]] | None


@dataclass(slots=True)
class AppContext:
    """One an app; `runtime` and `pixels` are set when the server starts. `series` are objects of a
    series that a viewer may see, `frames` where frames lie in an object, by its digest."""

    gate: Gate
    pages: BuiltPages
    senders: Senders
    runtime: Runtime | None = None
    consent: ConsentWords | None = None
    pixels: PixelClient | None = None
    receiver: LazyReceiver = field(default_factory=LazyReceiver)
    series: TimedCache[tuple[Viewer, str, str], dict[str, WebInstance]] = field(
        default_factory=lambda: TimedCache(20.0, 200)
    )
    frames: TimedCache[str, FramePlaces] = field(default_factory=lambda: TimedCache(600.0, 2_000))
    noted: TimedCache[tuple[str, int | None, str], bool] = field(
        default_factory=lambda: TimedCache(NOTED_S, 50_000)
    )


BffApp = Sanic[Any, Any]


def context_of(request: Request) -> AppContext:
    context: AppContext = request.app.ctx.film
    return context


def runtime_of(request: Request) -> Runtime:
    runtime = context_of(request).runtime
    assert runtime is not None
    return runtime


def pixels_of(request: Request) -> PixelClient:
    """What looks inside images for us."""
    pixels = context_of(request).pixels
    assert pixels is not None
    return pixels


def viewer_in(request: Request) -> Viewer:
    """Set by the gate for every route that is not public."""
    viewer: Viewer = request.ctx.viewer
    return viewer


def patient_in(request: Request) -> PatientViewer:
    viewer = viewer_in(request)
    assert isinstance(viewer, PatientViewer)
    return viewer


def guest_in(request: Request) -> GuestViewer:
    viewer = viewer_in(request)
    assert isinstance(viewer, PatientViewer | ShareViewer)
    return viewer


def staff_in(request: Request) -> StaffViewer:
    viewer = viewer_in(request)
    assert isinstance(viewer, StaffViewer)
    return viewer


async def note(request: Request, viewer: Viewer, exam_id: int | None, action: str) -> None:
    """Audit this access, once in ten minutes a session: a page that polls is one visit."""
    noted = context_of(request).noted
    key = (viewer.actor, exam_id, action)
    if noted.get(key) is None:
        noted.put(key, True)
        await note_access(viewer, exam_id, action, request_id=str(request.id)[:36])


def question_in(request: Request) -> Question:
    settings = runtime_of(request).settings
    return Question(settings.digits_kind, settings.digits_count)


def hospital_in(request: Request) -> Hospital:
    settings = runtime_of(request).settings
    return Hospital(settings.hospital_name, ZoneInfo(settings.time_zone))
