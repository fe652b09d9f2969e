"""The demo: the whole product on local services, against a sandbox whose truth is known."""
