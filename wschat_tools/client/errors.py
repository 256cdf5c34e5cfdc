class StayAwayError(Exception):
    """The server said not to come back; `code` is its close code, or the status of a refusal."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason or f"the server closed the connection with {code}")
        self.code = code
