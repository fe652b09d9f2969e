"""Telling what a statement file is: its format, statements, proofs, findings and entries, without publishing anything."""
