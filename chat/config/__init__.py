"""What an operator sets, read and checked; what it serves stands on higher floors."""
