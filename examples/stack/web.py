"""A web server that cannot live without its database: it dies of the first visit that cannot be noted."""

import http.server
import os
import socket
import subprocess


def note_a_visit():
    at_the_database = ["-h", "127.0.0.1", "-p", os.environ["FORGE_PORT_DB"], "-U", "shop", "postgres"]
    subprocess.run(["psql", "-q", *at_the_database, "-c", "insert into visits default values"], check=True)


class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        note_a_visit()
        self.send_response(200)
        self.end_headers()


note_a_visit()
socket.create_connection(("127.0.0.1", int(os.environ["FORGE_PORT_CACHE"]))).close()
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Web).serve_forever()
