"""Many processes, one room: the channel layer over Redis, its order, its gaps and its dead."""
