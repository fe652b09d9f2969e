"""Several items against one, or several against several: batches, split payments, reversals and copies within one book."""
