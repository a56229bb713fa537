"""Schemathesis calls every operation of /openapi.json on the dev stack: no server error, and every status, content
type and document as described. Bounded by its number of examples and seeded, so that a finding can be repeated.

Run by scripts/test.
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

from local_stack import LocalStack

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,ignored_auth"
)
SEED = 20261121
EXAMPLES = 25


class OpenApi(unittest.TestCase):
    def test_the_publishers_api_is_as_described(self):
        # With every encryption a rule can name.
        stack = LocalStack("--customer-keys")
        self.addCleanup(stack.stop)
        command = [pathlib.Path(sys.executable).with_name("schemathesis"), "run", f"{stack.dev['publish_url']}/openapi.json"]
        command += ["--header", f"Authorization: Bearer {stack.dev['publisher_token']}", "--checks", CHECKS, "--no-color"]
        command += ["--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES), "--seed", str(SEED)]
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("Tested: 39", run.stdout)
        print(run.stdout[run.stdout.rindex("Test cases:"):].split("\n\n")[0])
