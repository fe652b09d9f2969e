"""Matching two files without any service: reading them as items, solving, and telling the result."""
