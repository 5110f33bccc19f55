"""Every setting of the product, from the environment (`CLOUDFILM_...`) with defaults that need
nothing: SQLite, a local object folder, an embedded Redis."""

import os
import secrets
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from assembly.channel_settings import ChannelSettings

MIN_SECRET_BYTES = 32


class Settings(ChannelSettings):
    """One value a process; children of the supervisor read the same environment."""

    model_config = SettingsConfigDict(env_prefix="CLOUDFILM_")

    data_dir: Path = Path("var")
    database_url: str = ""  # default: SQLite in data_dir
    database_pool: int = Field(default=8, ge=1, le=100)
    redis_url: str = ""  # default: the supervisor starts one
    object_store_url: str = ""  # default: data_dir/objects; or s3://bucket?endpoint=...&region=...
    secret_key_file: Path | None = None  # default: data_dir/secret.key, made at first start

    bff_host: str = "127.0.0.1"
    bff_port: int = 8080
    trusted_proxies: int = Field(default=0, ge=0, le=10)  # how many add X-Forwarded-For in front
    public_base_url: str = ""  # default: http://bff_host:bff_port
    pixels_socket: Path | None = None  # default: data_dir/pixels.sock
    web_origins: str = ""  # comma separated: whose pages may ask DICOMweb and FHIR from a browser
    stow_max_mb: int = Field(default=4096, ge=1)  # one object that comes by STOW-RS
    dicom_host: str = "127.0.0.1"
    dicom_port: int = 11112
    dicom_tls_port: int = Field(default=0, ge=0, le=65535)  # 0: no door over TLS
    dicom_tls_certificate: Path | None = None  # PEM, with its chain
    dicom_tls_key: Path | None = None
    dicom_tls_ca: Path | None = None  # whose client certificates are believed
    dicom_tls_client_certificate: bool = True  # required
    ae_title: str = Field(default="CLOUDFILM", max_length=16)
    check_called_ae: bool = True
    allowed_calling_aes: str = ""  # comma separated; empty allows every AE title
    known_peers_only: bool = False  # callers that are not in peers_file are rejected
    max_associations: int = 64
    peers_file: Path | None = None  # TOML: DICOM peers and their rights (integrations/pacs)
    hl7_host: str = "127.0.0.1"
    hl7_port: int = 2575
    hl7_max_bytes: int = 64 << 20
    senders_file: Path | None = None
    destinations_file: Path | None = None  # TOML: who is told what by HL7 (integrations/his)
    views_file: Path | None = None  # TOML: hospital database views that are read

    hospital_name: str = "云胶片示范医院"
    hospital_phone: str = "000-00000000"
    time_zone: str = "Asia/Shanghai"
    settle_quiet_s: float = Field(default=2.0, ge=0)
    digits_kind: Literal["id_card", "phone"] = "id_card"
    digits_count: int = Field(default=6, ge=4, le=8)
    session_hours: float = 2.0
    oauth_access_minutes: int = Field(default=30, ge=1, le=1440)
    oauth_grant_days: int = Field(default=30, ge=1, le=366)
    oauth_over_http: bool = False  # true: also without TLS and off this machine (demonstrations)
    apps_file: Path | None = None  # TOML: hospital apps that hand people over
    signature_roots_file: Path | None = None  # PEM: authorities whose report signatures count
    stamp_place: str = "page=1,corner=top-right,size_mm=24,margin_mm=8"  # on the RIS' PDF
    rest_max_bytes: int = Field(default=32 << 20, ge=1 << 20)  # a report or a PDF of the RIS
    query_enabled: bool = True
    query_note: str = ""
    log_level: str = "INFO"

    def resolved_database_url(self) -> str:
        if self.database_url:
            return self.database_url
        return f"sqlite://{self.data_dir.resolve() / 'cloudfilm.sqlite3'}"

    def resolved_object_store_url(self) -> str:
        return self.object_store_url or str(self.data_dir.resolve() / "objects")

    def spool_folder(self) -> Path:
        """Where large objects lie while they come in: beside local objects, so that the end is a
        rename; else in data_dir."""
        url = self.resolved_object_store_url()
        if url.startswith("s3://"):
            return self.data_dir.resolve() / "spool"
        return Path(url.removeprefix("file://")) / "incoming"

    def resolved_pixels_socket(self) -> Path:
        return (self.pixels_socket or self.data_dir / "pixels.sock").resolve()

    def base_url(self) -> str:
        return (self.public_base_url or f"http://{self.bff_host}:{self.bff_port}").rstrip("/")

    def secret(self) -> bytes:
        """The secret from which all keys are derived; made once, readable by its owner only."""
        path = self.secret_key_file or self.data_dir / "secret.key"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            secret = path.read_bytes()
        else:
            secret = secrets.token_bytes(MIN_SECRET_BYTES)
            with os.fdopen(handle, "wb") as file:
                file.write(secret)
                file.flush()
                os.fsync(file.fileno())
        if len(secret) < MIN_SECRET_BYTES:
            raise ValueError(f"{path.name} must hold {MIN_SECRET_BYTES} bytes or more")
        return secret
