"""Kafka, PostgreSQL and SFTP as local processes, for the demo and the tests."""
