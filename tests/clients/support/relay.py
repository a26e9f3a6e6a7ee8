"""Two relays on loopback before one server, with TLS and without: relay.py CERTIFICATE KEY HOST:PORT RECORDS.

Their ports are the only line it prints. What the server answers is kept in the folder RECORDS, a file a connection.
"""

import asyncio
import itertools
import os
import ssl
import sys
from pathlib import Path


async def pump(reader, writer, record=None):
    try:
        while chunk := await reader.read(65536):
            if record:
                record.write(chunk)
                record.flush()
            writer.write(chunk)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def main(certificate, key, target, records):
    host, port = target.rsplit(":", 1)
    numbers = itertools.count()

    async def serve(reader, writer):
        to_reader, to_writer = await asyncio.open_connection(host, int(port))
        with open(Path(records) / f"{os.getpid()}-{next(numbers)}.answers", "wb") as record:
            await asyncio.gather(
                pump(reader, to_writer), pump(to_reader, writer, record), return_exceptions=True
            )

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    servers = [
        await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context),
        await asyncio.start_server(serve, "127.0.0.1", 0),
    ]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main(*sys.argv[1:]))
