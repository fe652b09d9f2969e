"""ICICI Bank: corporate account statements over the CIB API."""
