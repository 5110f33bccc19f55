"""Settings need nothing, take everything from the environment, and refuse nonsense."""

import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from assembly.runtime import object_store, open_runtime
from assembly.settings import MIN_SECRET_BYTES, Settings
from storage.objects.local import LocalObjects
from storage.objects.s3 import S3Objects
from storage.transactions import run_sql


def test_the_defaults_need_nothing(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert settings.resolved_database_url() == f"sqlite://{tmp_path}/cloudfilm.sqlite3"
    assert settings.resolved_object_store_url() == f"{tmp_path}/objects"
    assert settings.base_url() == "http://127.0.0.1:8080"
    assert settings.spool_folder() == tmp_path / "objects" / "incoming"


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "DATA_DIR": str(tmp_path), "DATABASE_URL": "postgres://db/film", "DICOM_PORT": "104",
        "OBJECT_STORE_URL": "s3://films?endpoint=http://s3", "PUBLIC_BASE_URL": "https://f.cn/",
        "CHECK_CALLED_AE": "false",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"CLOUDFILM_{name}", value)
    settings = Settings()
    assert settings.resolved_database_url() == "postgres://db/film"
    assert settings.dicom_port == 104
    assert settings.base_url() == "https://f.cn"
    assert settings.check_called_ae is False
    assert settings.spool_folder() == tmp_path / "spool"  # S3 has no folder to rename into


@pytest.mark.parametrize(
    ("name", "value"),
    [("digits_count", 3), ("ae_title", "A" * 17), ("database_pool", 0), ("digits_kind", "name"),
     ("settle_quiet_s", -1), ("dicom_port", "x")],
)  # fmt: skip
def test_nonsense_is_refused_with_the_settings_name(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings(**{name: value})  # type: ignore[arg-type]


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    secret = settings.secret()
    assert len(secret) >= MIN_SECRET_BYTES
    assert settings.secret() == secret
    assert Settings(data_dir=tmp_path / "other").secret() != secret
    assert stat.S_IMODE((tmp_path / "new" / "secret.key").stat().st_mode) == 0o600


def test_a_short_secret_is_refused_without_being_shown(tmp_path: Path) -> None:
    path = tmp_path / "k"
    path.write_bytes(b"hunter2")
    with pytest.raises(ValueError, match="must hold 32 bytes") as caught:
        Settings(data_dir=tmp_path, secret_key_file=path).secret()
    assert "hunter2" not in str(caught.value)


def test_one_url_names_the_store(tmp_path: Path) -> None:
    assert isinstance(object_store(str(tmp_path / "o")), LocalObjects)
    assert isinstance(object_store(f"file://{tmp_path}/o"), LocalObjects)
    assert isinstance(object_store("s3://films?endpoint=http://127.0.0.1:9&region=r"), S3Objects)


async def test_a_closed_runtime_can_be_opened_again(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True)
    for _ in range(2):
        async with open_runtime(settings):
            assert await run_sql("SELECT 1 AS one") == [{"one": 1}]
