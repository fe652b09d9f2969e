"""The one collection of tables that migrations are compared with."""

from sqlalchemy import MetaData

__all__ = ["metadata"]

metadata = MetaData()
