"""The connector kit: what every connector shares, so that a connector only says where records are and what fields mean."""
