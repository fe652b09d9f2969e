"""One producer process for each enabled source, under a lease, so that no source is polled twice."""
