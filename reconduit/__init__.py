"""What every Reconduit process needs: settings, logging, metrics, errors and the command line."""
