"""Integrations: configured connections of a tenant to providers, their status, their commands and their events."""
