"""The sandbox: one seeded world of payments, told by every provider in its own words over real sockets, with known truth."""
