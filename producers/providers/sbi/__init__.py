"""State Bank of India: statements through the EIS GEN6 gateway, whose payload is configured."""
