from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from websockets.sync.client import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def talking(url: str) -> Iterator[Callable[[str], None]]:
    """Join without a browser, and say things faster than a person types.

    What comes back is read and forgotten: unread, it would hold up the closing.
    """
    with connect(url) as socket:
        reading = threading.Thread(target=lambda: [None for _ in socket])
        reading.start()
        yield lambda text: socket.send(json.dumps({"contents": text}))
        socket.close()
        reading.join()
