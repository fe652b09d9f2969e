"""HDFC Bank: OAuth2 client credentials, JOSE messages, a statement API whose shape is configured per corporate."""
