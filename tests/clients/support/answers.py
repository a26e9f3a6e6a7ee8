"""Validates what the org answered to a script: answers.py RECORDS SCHEMA.

RECORDS is the folder of the relay, SCHEMA the vendor's metadata.xsd. Every answer of the Metadata API but its faults
(which belong to another schema) has to be valid; the validator is libxml2's.
"""

import gzip
import http.client
import io
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

# For a component that is not there the platform answers a record without content, which its own schema does not allow.
ABSENT = '<records xsi:nil="true"/>'
METADATA = "http://soap.sforce.com/2006/04/metadata"


class Recorded:
    """A recorded connection in the place of a socket."""

    def __init__(self, stream):
        self.stream = stream

    def makefile(self, *_):
        return self.stream


def answers(path):
    """The bodies of one connection's answers, unpacked, in order."""
    stream = io.BufferedReader(io.BytesIO(path.read_bytes()))
    # An answer closes its file when it is read to its end; the next one stands behind it.
    stream.close = lambda: None
    while stream.peek(1):
        response = http.client.HTTPResponse(Recorded(stream))
        response.begin()
        body = response.read()
        if response.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        yield body.decode()


def content(text):
    """The element in the body of an answer of the Metadata API, as a document of its own; None for anything else."""
    envelope = re.search(r"<(\w+):Envelope([^>]*)>", text)
    if not envelope or f'xmlns="{METADATA}"' not in text:
        return None
    prefix, spaces = envelope.groups()
    body = text.split(f"<{prefix}:Body>", 1)[1].rsplit(f"</{prefix}:Body>", 1)[0].strip()
    body = body.replace(ABSENT, "")
    if body.startswith(f"<{prefix}:Fault"):
        return None
    name = re.match(r"<([\w:]+)", body).group(1)
    own = re.match(r"<[^>]*>", body).group(0)
    missing = [space for space in re.findall(r'xmlns:?\w*="[^"]*"', spaces) if space.split("=")[0] + "=" not in own]
    return f"<{name} {' '.join(missing)}{body[len(name) + 1:]}"


def main(records, schema):
    bodies = {
        found
        for path in sorted(Path(records).iterdir())
        for text in answers(path)
        if (found := content(text))
    }
    kinds = Counter(re.match(r"<(\w+)", body).group(1) for body in bodies)
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, body in enumerate(sorted(bodies)):
            paths.append(Path(folder) / f"{number}.xml")
            paths[-1].write_text(body)
        command = ["xmllint", "--noout", "--schema", schema, *map(str, paths)]
        judged = subprocess.run(command, capture_output=True, text=True)
    if not bodies:
        print("# none of the answers came from the Metadata API")
        return
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    if judged.returncode:
        problems = [row for row in judged.stderr.splitlines() if not row.endswith("validates")]
        print(f"not ok - wsdl: {len(bodies)} SOAP answers: {' | '.join(problems[:8])}"[:2000])
        sys.exit(1)
    print(f"ok - wsdl: {len(bodies)} different SOAP answers are valid ({told})")


main(*sys.argv[1:])
