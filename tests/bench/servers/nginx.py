"""nginx as one process that serves the files of a folder: nginx.py FOLDER

Its configuration is that of a tuned server of small files: no log, descriptors kept open, no limit on requests. It says nothing
when it is ready, so a child of this script tries until it answers, and says it; the script itself becomes nginx.
"""
import contextlib
import os
import socket
import sys
import time

PATIENCE = 10  # seconds

CONFIGURATION = """daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    open_file_cache max=100;
    open_file_cache_valid 1h;
    default_type text/plain;
    server {{
        listen 127.0.0.1:{port};
        root {folder};
    }}
}}
"""


def announce(port):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            print(f"listening on http://127.0.0.1:{port}\nready", flush=True)
            return
        time.sleep(0.02)


def main(folder):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    os.makedirs(os.path.join(folder, "nginx"), exist_ok=True)
    configuration = os.path.join(folder, "nginx", "nginx.conf")
    with open(configuration, "w", encoding="utf-8") as file:
        file.write(CONFIGURATION.format(port=port, folder=folder))
    if os.fork() == 0:
        announce(port)
        os._exit(0)
    os.execv("/usr/sbin/nginx", ["nginx", "-p", os.path.join(folder, "nginx"), "-c", configuration, "-e", "stderr"])


if __name__ == "__main__":
    main(sys.argv[1])
