"""Labelled books by seed and difficulty. Pure: the same arguments make the same book. Amounts are integers in minor units."""
