"""The receiving end of webhooks: limits, signatures, one row for each event, and an answer before anything is done about it."""
