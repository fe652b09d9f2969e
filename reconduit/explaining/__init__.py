"""`reconduit explain`: why a record is matched or open, from the database or from a report of two files."""
