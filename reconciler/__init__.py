"""The matching engine: pure functions from sets of records to matches and breaks. No I/O, no clock, no imports of ours."""
