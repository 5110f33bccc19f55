"""`python -m bff.main`: one process; the supervisor restarts it."""

from assembly.logs import configure_logging
from assembly.settings import Settings
from bff.app import create_app


def main() -> None:
    settings = Settings()
    configure_logging(settings.log_level, process="bff")
    app = create_app(settings)
    app.run(settings.bff_host, settings.bff_port, single_process=True, access_log=False)


if __name__ == "__main__":
    main()
