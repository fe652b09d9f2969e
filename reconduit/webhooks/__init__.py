"""Webhooks at rest: endpoints with their secrets and counts, and the events that were delivered to them."""
