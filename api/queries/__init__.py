"""What the API asks Postgres, one module per subject."""
