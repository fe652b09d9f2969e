"""The read API and the web page over what the consumers wrote."""
