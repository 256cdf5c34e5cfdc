"""Chat among members on several processes while faults strike, and what became of every message."""
