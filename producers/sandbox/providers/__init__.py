"""The sandbox's side of each provider: the world's money in the provider's own payloads, auth and paging."""
