"""Originals that are kept, and files that come packed or encrypted."""
