"""The stream pass from Kafka to Postgres, beside its ceiling and beside a plain pipeline that does the same work per record."""
