"""A `keyfront dev` of its own for a test: ephemeral, on ports nobody chose, stopped with the test."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PORTS = [f"--{name}-port=0" for name in ("cdn", "publish", "s3", "kms", "sts", "cloudfront")]


class LocalStack:
    """`dev` is the running stack's dev.json."""

    def __init__(self, *flags):
        self._folder = tempfile.TemporaryDirectory()
        ready = pathlib.Path(self._folder.name, "ready.json")
        command = [TARGET / "debug/keyfront", "dev", "--ephemeral", *PORTS, "--state", self._folder.name]
        command += ["--edge-bundle", ROOT / "dist/edge-cloudfront", "--ready-file", ready, *flags]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                sys.exit("keyfront dev did not start")
            time.sleep(0.05)
        self.dev = json.loads(ready.read_text())

    def stop(self):
        self._process.terminate()
        self._process.wait(20)
        self._folder.cleanup()
