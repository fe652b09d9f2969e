"""Delivered events of webhooks: published to their source's topic, and taken as a reason to poll it now."""
