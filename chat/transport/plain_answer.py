from __future__ import annotations


def plain_answer(status: bytes, words: bytes, headers: bytes = b"") -> bytes:
    """Return an HTTP answer of one line, after which the connection is closed.

    It is written to the connection as it is, where no request is there to be answered.
    """
    return (
        b"HTTP/1.1 %b\r\nConnection: close\r\nContent-Type: text/plain\r\n%b"
        b"Content-Length: %d\r\n\r\n%b" % (status, headers, len(words), words)
    )
