"""What handlers find in the app: the runtime, the gate, the built pages."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sanic import Sanic
from sanic.request import Request

from assembly.runtime import Runtime
from bff.access import Gate
from bff.built_pages import BuiltPages
from domain.access import PatientViewer, Viewer
from domain.challenge import Question
from usecases.viewing.read_report import Hospital


@dataclass(slots=True)
class AppContext:
    """One an app; `runtime` is set when the server starts."""

    gate: Gate
    pages: BuiltPages
    runtime: Runtime | None = None


BffApp = Sanic[Any, Any]


def context_of(request: Request) -> AppContext:
    context: AppContext = request.app.ctx.film
    return context


def runtime_of(request: Request) -> Runtime:
    runtime = context_of(request).runtime
    assert runtime is not None
    return runtime


def viewer_in(request: Request) -> Viewer:
    """Set by the gate for every route that is not public."""
    viewer: Viewer = request.ctx.viewer
    return viewer


def patient_in(request: Request) -> PatientViewer:
    viewer = viewer_in(request)
    assert isinstance(viewer, PatientViewer)
    return viewer


def question_in(request: Request) -> Question:
    settings = runtime_of(request).settings
    return Question(settings.digits_kind, settings.digits_count)


def hospital_in(request: Request) -> Hospital:
    settings = runtime_of(request).settings
    return Hospital(settings.hospital_name, ZoneInfo(settings.time_zone))
