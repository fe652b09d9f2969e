"""The commands of `reconduit`, one module each."""
