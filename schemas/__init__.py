"""Every contract: Avro on the wire, the batch codec, tables and migrations at rest, JSON Schemas of the command line."""
