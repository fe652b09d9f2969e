"""Running Reconduit: local services, the demo, container images."""
