"""Benchmarks: each prints a table of ratios measured in one run; nothing here is asserted as seconds in a test."""
