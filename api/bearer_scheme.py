"""How OpenAPI describes what admits a request. `api.authentication` has admitted it before a route sees it."""

from fastapi import Depends
from fastapi.security import HTTPBearer

__all__ = ["DESCRIBED"]

DESCRIBED = Depends(HTTPBearer(auto_error=False, description="RECONDUIT_API_TOKEN"))
"""Dependency of every router that programs use."""
