"""A real nginx with the sample of the docs, in front of a real server."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Final, Self

from tests.certificates import issue
from tests.servers import ROOT, free_port

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from tests.servers import RunningServer

SAMPLES: Final = ROOT / "docs" / "ops"
NAME: Final = "chat.example.org"
_MAIN = """
daemon off;
user root;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/wschat.conf;
}}
"""


class Nginx:
    """The sample with other ports and a certificate of its own; a context manager that ends it."""

    def __init__(self, server: RunningServer, folder: Path) -> None:
        self.port = free_port()
        self.plain_port = free_port()
        self._folder = folder
        self._issued = issue(folder, NAME)
        (folder / "wschat.conf").write_text(self._sample(server.port))
        (folder / "nginx.conf").write_text(_MAIN.format(folder=folder))

    def __enter__(self) -> Self:
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
        assert program is not None
        command = [program, "-p", str(self._folder), "-c", str(self._folder / "nginx.conf")]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not (self._folder / "nginx.pid").exists():
            assert self._process.poll() is None, (self._folder / "error.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)

    @property
    def trust(self) -> ssl.SSLContext:
        """What a client needs to trust the certificate."""
        return self._issued.trust

    def _sample(self, backend: int) -> str:
        text = (SAMPLES / "nginx.conf").read_text()
        prefix = (SAMPLES / "nginx-prefix.conf").read_text()
        text = text.replace("server 127.0.0.1:8000;", f"server 127.0.0.1:{backend};")
        text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{self.port} ssl;")
        text = text.replace("listen 80;", f"listen 127.0.0.1:{self.plain_port};")
        text = re.sub(r"listen \[::\].*\n", "", text)
        text = text.replace("/var/www/html", str(self._folder))
        live = f"/etc/letsencrypt/live/{NAME}"
        text = text.replace(f"{live}/fullchain.pem", str(self._issued.certificate))
        text = text.replace(f"{live}/privkey.pem", str(self._issued.key))
        return text.replace("    # For the load balancer", f"{prefix}\n    # For the load balancer")
