"""Producers: the connector kit, one module per provider, statement formats, and the sandbox that stands in for the banks."""
