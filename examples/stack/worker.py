"""A worker that asks the cache for work for ever."""

import os
import socket

cache = socket.create_connection(("127.0.0.1", int(os.environ["FORGE_PORT_CACHE"])))
print("waiting for work", flush=True)
while True:
    cache.sendall(b"BLPOP jobs 0\r\n")
    if not cache.recv(4096):
        raise SystemExit("the cache is gone")
