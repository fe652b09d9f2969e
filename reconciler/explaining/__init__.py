"""Explaining decisions: what a match rests on; what comes nearest to an open item, what separates them, and the suspected cause."""
