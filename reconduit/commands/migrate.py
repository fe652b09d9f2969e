"""`reconduit migrate`: bring the database to the newest schema."""

__all__ = ["migrate"]


def migrate() -> None:
    """Create or upgrade the tables in DATABASE_URL."""
    from reconduit.settings import load_settings
    from schemas.migrate import upgrade

    upgrade(load_settings().dsn())
