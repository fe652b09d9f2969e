"""Consumers: the batch runtime that moves offsets with results, the services built on it, and replay."""
