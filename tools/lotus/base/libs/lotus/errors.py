"""What a call to another service can end in."""


class Unavailable(Exception):
    """The other side did not answer in time, could not be reached, or failed (5xx)."""


class Rejected(Exception):
    """The other side understood the request and said no (4xx)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
