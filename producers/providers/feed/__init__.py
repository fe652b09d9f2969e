"""The coordinated feeds of the company's own systems: core, gateway and mobile, one connector for all three."""
