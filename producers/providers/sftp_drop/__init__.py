"""Statement files that a bank leaves on an SFTP server."""
