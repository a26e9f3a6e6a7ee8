"""What the scripts in Python share: checks with a line each, and jsforce to look with."""

import json
import os
import subprocess
import sys
from pathlib import Path

_failed = False


def check(name, action):
    """Runs one check; its line says how it went."""
    global _failed
    try:
        action()
        print(f"ok - {name}", flush=True)
    except Exception as error:  # whatever it is, the line tells
        _failed = True
        message = f"{type(error).__name__}: {error}"[:1500].replace("\n", " | ")
        print(f"not ok - {name}: {message}", flush=True)


def finish():
    """Ends the script with what the checks said."""
    sys.exit(1 if _failed else 0)


def equal(actual, expected):
    """Fails with both values where they differ."""
    assert actual == expected, f"{str(actual)[:600]} is not {str(expected)[:600]}"


def calls(method, path):
    """How many requests of this kind the org was sent so far."""
    with open(os.environ["ORG_LOG"]) as log:
        requests = [json.loads(line) for line in log]
    return sum(row["method"] == method and path in row["path"] for row in requests)


def refused(kind, action):
    """The refusal of an action that must not succeed."""
    try:
        action()
    except kind as error:
        return error
    raise AssertionError("this must be refused")


class Observer:
    """jsforce, in a process of its own: a JSON array of words in, an answer out."""

    def __init__(self):
        script = Path(__file__).parent / "observer.mjs"
        node = os.environ["ORG_NODE"]
        self.process = subprocess.Popen(
            [node, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, *words):
        print(json.dumps(words), file=self.process.stdin, flush=True)
        reply = json.loads(self.process.stdout.readline())
        assert "error" not in reply, f"observer: {reply['error']}"
        return reply["answer"]

    def query(self, soql):
        return self.ask("query", soql)

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)
