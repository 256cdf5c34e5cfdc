"""From the command to the last goodbye: checks, event loop, server, workers."""
