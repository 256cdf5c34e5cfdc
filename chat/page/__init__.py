"""The page that visitors get, the list of servers, and how static files are served."""
