"""One file a feature word; the list of blueprints is explicit."""

from bff.routes.consent import consent
from bff.routes.dicomweb_frames import dicomweb_frames
from bff.routes.dicomweb_retrieve import dicomweb_retrieve
from bff.routes.dicomweb_search import dicomweb_search
from bff.routes.dicomweb_store import dicomweb_store
from bff.routes.doors import doors
from bff.routes.family import family
from bff.routes.fhir import fhir
from bff.routes.health import health
from bff.routes.hospital_app import hospital_app
from bff.routes.machines import machines
from bff.routes.marks import marks
from bff.routes.oauth import oauth
from bff.routes.oauth_clients import oauth_clients
from bff.routes.open_api import open_api
from bff.routes.pacs import pacs
from bff.routes.page_settings import page_settings
from bff.routes.pages import pages
from bff.routes.patient import patient
from bff.routes.ris import ris
from bff.routes.shares import shares
from bff.routes.staff import staff
from bff.routes.viewing import viewing
from bff.routes.wechat import wechat
from bff.routes.wechat_push import wechat_push

BLUEPRINTS = (
    pages,
    patient,
    shares,
    viewing,
    marks,
    ris,
    staff,
    page_settings,
    pacs,
    oauth,
    consent,
    oauth_clients,
    open_api,
    family,
    doors,
    wechat,
    wechat_push,
    hospital_app,
    dicomweb_search,
    dicomweb_retrieve,
    dicomweb_frames,
    dicomweb_store,
    fhir,
    machines,
    health,
)
