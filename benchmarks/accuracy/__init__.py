"""Accuracy of `reconduit match` on labelled books: precision, recall, F1 and false matches per 100,000."""
