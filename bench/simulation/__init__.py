"""A room of several processes in one event loop with a clock of its own, struck by drawn faults."""
