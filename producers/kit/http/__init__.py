"""HTTP to a provider: one transport, and what keeps it bounded, patient and known afterwards."""
