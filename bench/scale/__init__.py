"""What rooms cost that are larger than this machine: a model, and its check."""
