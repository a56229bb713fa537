"""What Amazon's S3 Encryption Client for Python sealed opens with the new key after `keyfront rewrap`, in every version.

S3, with its versions, and KMS are moto's. Needs the built `keyfront`, moto[server], amazon-s3-encryption-client-python 4.
"""

import http.client
import http.server
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import unittest

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer
from s3_encryption import S3EncryptionClient, S3EncryptionClientConfig
from s3_encryption.exceptions import S3EncryptionClientError
from s3_encryption.materials.kms_keyring import KmsKeyring
from s3_encryption.materials.materials import AlgorithmSuite, CommitmentPolicy

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
REGION = "eu-central-1"
FORMATS = {
    "v2": AlgorithmSuite.ALG_AES_256_GCM_IV12_TAG16_NO_KDF,
    "v3": AlgorithmSuite.ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
}
CONTEXT = {"tenant": "a", 'quoted "name" \\': "value"}


class RewrapInterop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        cls.moto.start()
        cls.address = cls.moto.get_host_and_port()
        cls.endpoint = "http://{}:{}".format(*cls.address)
        cls.s3, cls.kms = cls.client("s3"), cls.client("kms")
        cls.proxy = Proxy(cls.address)

    @classmethod
    def tearDownClass(cls):
        cls.proxy.stop()
        cls.moto.stop()

    @classmethod
    def client(cls, service):
        return boto3.client(
            service,
            endpoint_url=cls.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.old, self.new = (self.kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))

    def bucket(self, name, versions=False):
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        rules = [{"ObjectOwnership": "BucketOwnerEnforced"}]
        self.s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": rules})
        if versions:
            self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def amazon(self, format, key):
        policy = CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
        if format == "v2":
            policy = CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
        config = S3EncryptionClientConfig(
            keyring=KmsKeyring(self.client("kms"), key),
            encryption_algorithm=FORMATS[format],
            commitment_policy=policy,
        )
        return S3EncryptionClient(self.client("s3"), config)

    def put(self, bucket, key, body, format="v3", wrapping=None):
        client = self.amazon(format, wrapping or self.old)
        client.put_object(Bucket=bucket, Key=key, Body=body, EncryptionContext=CONTEXT)

    def get(self, bucket, key, wrapping, format="v3", **version):
        client = self.amazon(format, wrapping)
        got = client.get_object(Bucket=bucket, Key=key, EncryptionContext=CONTEXT, **version)
        return got["Body"].read()

    def command(self, bucket, *arguments, endpoint=None):
        line = [TARGET / "debug/keyfront", "rewrap", "", "--bucket", bucket, "--format", "json", "--yes"]
        line += ["--from", self.old, "--to", self.new, *arguments]
        environment = {
            "HOME": self.folder,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": endpoint or self.proxy.url,
        }
        # A group of its own: the program behind `keyfront` has to end with it.
        return subprocess.Popen(
            line,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def rewrap(self, bucket, *arguments):
        process = self.command(bucket, *arguments)
        stdout, stderr = process.communicate(timeout=60)
        lines = [json.loads(line) for line in stdout.splitlines()]
        self.assertTrue(lines, stderr.decode())
        return process.returncode, lines[:-1], lines[-1], stderr.decode()

    def versions(self, bucket, key):
        """Ids, newest first."""
        listed = self.s3.list_object_versions(Bucket=bucket, Prefix=key).get("Versions", [])
        return [version["VersionId"] for version in listed if version["Key"] == key]

    def contents(self, bucket, key, wrapping):
        """What each version holds, newest first; None where `wrapping` does not open it."""
        contents = []
        for version in self.versions(bucket, key):
            try:
                contents.append(self.get(bucket, key, wrapping, VersionId=version))
            except S3EncryptionClientError:
                contents.append(None)
        return contents

    def test_what_amazon_sealed_amazon_opens_with_the_new_key_alone(self):
        bucket = self.bucket("rewrapped")
        bodies = {(f, n): bytes(n) for f in FORMATS for n in (0, 1, 100_000)}
        for (format, length), body in bodies.items():
            self.put(bucket, f"{format}/{length}", body, format)
        code, objects, summary, stderr = self.rewrap(bucket)
        self.assertEqual(code, 0, stderr)
        self.assertEqual({one["status"] for one in objects}, {"rewrapped"})
        self.assertEqual(summary["rewrapped"], len(bodies))
        for (format, length), body in bodies.items():
            key = f"{format}/{length}"
            self.assertEqual(self.get(bucket, key, self.new, format), body)
            with self.assertRaises(S3EncryptionClientError):
                self.get(bucket, key, self.old, format)

    def test_noncurrent_versions_keep_the_old_key_and_are_counted(self):
        bucket = self.bucket("counted", versions=True)
        for body in (b"one", b"two", b"three"):
            self.put(bucket, "a", body)
        self.put(bucket, "deleted", b"gone")
        self.s3.delete_object(Bucket=bucket, Key="deleted")
        code, _, summary, stderr = self.rewrap(bucket)
        self.assertEqual(code, 0, stderr)
        self.assertEqual((summary["rewrapped"], summary["versions"]["under_old"]), (1, 4), stderr)
        self.assertIn("4 noncurrent versions are still under an old key", stderr)
        self.assertEqual(self.contents(bucket, "a", self.new), [b"three", None, None, None])
        self.assertEqual(self.contents(bucket, "a", self.old), [None, b"three", b"two", b"one"])

    def test_versions_are_written_again_in_their_order_and_deleted_only_when_that_is_said(self):
        bucket = self.bucket("repeated", versions=True)
        self.put(bucket, "a", b"one")
        self.put(bucket, "a", b"two", wrapping=self.new)
        self.put(bucket, "a", b"three")
        self.put(bucket, "deleted", b"gone")
        self.s3.delete_object(Bucket=bucket, Key="deleted")
        before = self.versions(bucket, "a")
        _, planned, _, _ = self.rewrap(bucket, "--all-versions", "--dry-run")
        self.assertEqual(sum(one["status"] == "planned" for one in planned), 4, planned)
        self.assertEqual(self.versions(bucket, "a"), before)

        code, objects, summary, stderr = self.rewrap(bucket, "--all-versions")
        # The deleted object is not brought back: its version stays, and is said to.
        self.assertEqual([o["key"] for o in objects if o["status"] == "not-copied"], ["deleted"], objects)
        self.assertEqual(code, 1, stderr)
        self.assertEqual(summary["versions"]["repeated"], 3, objects)
        contents = self.contents(bucket, "a", self.new)
        self.assertEqual(contents[:3], [b"three", b"two", b"one"])
        self.assertTrue(set(before) < set(self.versions(bucket, "a")), "nothing is deleted")
        self.assertEqual(self.s3.list_objects_v2(Bucket=bucket)["KeyCount"], 1)

        count = len(self.versions(bucket, "a"))
        _, _, summary, _ = self.rewrap(bucket, "--all-versions")
        self.assertEqual((summary["versions"]["repeated"], len(self.versions(bucket, "a"))), (0, count))
        code, objects, summary, _ = self.rewrap(bucket, "--delete-old-versions")
        self.assertEqual(summary["versions"]["deleted"], 2, objects)
        # Of the deleted object no other version has the content: it is kept.
        self.assertEqual(summary["versions"]["under_old"], 1, summary)
        self.assertEqual(self.contents(bucket, "a", self.old).count(None), count - 2)
        self.assertEqual(self.contents(bucket, "a", self.new)[:3], [b"three", b"two", b"one"])

    def test_versions_whose_writing_crashed_are_finished_first(self):
        bucket = self.bucket("crashed", versions=True)
        for body in (b"one", b"two", b"three"):
            self.put(bucket, "a", body)
        # The object itself, then the first of its versions: killed when S3 has that copy and nobody knows of it.
        proxy = Proxy(self.address, copies=2)
        self.addCleanup(proxy.stop)
        process = self.command(bucket, "--all-versions", endpoint=proxy.url)
        proxy.victim = process.pid
        process.communicate(timeout=60)
        self.assertEqual(self.get(bucket, "a", self.new), b"one", "an older version is current")
        code, _, summary, stderr = self.rewrap(bucket, "--all-versions")
        self.assertEqual(code, 0, stderr)
        contents = self.contents(bucket, "a", self.new)
        self.assertEqual(contents[:3], [b"three", b"two", b"one"], stderr)
        self.assertEqual(contents.count(b"one"), 1, "no version is written twice")
        self.assertEqual(summary["versions"]["under_old"], 3)

    def test_versions_of_a_bucket_that_suspended_them_are_not_written_again(self):
        bucket = self.bucket("suspended", versions=True)
        self.put(bucket, "a", b"one")
        self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
        for option in ("--all-versions", "--delete-old-versions"):
            process = self.command(bucket, option)
            _, stderr = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 2)
            self.assertIn(b"Enabled", stderr)


class Proxy:
    """Passes on to moto. With `copies`, kills the process group `victim` when so many copies have been made."""

    def __init__(self, upstream, copies=0):
        self.victim, self.copies = None, copies
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(self, upstream))
        self.url = "http://127.0.0.1:{}".format(self.server.server_port)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def counts(self):
        """Whether the copy that was just made is the last one."""
        self.copies -= 1
        return self.copies == 0

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def handler(proxy, upstream):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            connection = http.client.HTTPConnection(*upstream)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            # moto names the root element otherwise than S3, and the SDK is strict.
            content = answer.read().replace(b"GetBucketVersioningResponse", b"VersioningConfiguration")
            if self.headers.get("x-amz-copy-source") and proxy.counts():
                os.killpg(proxy.victim, signal.SIGKILL)
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("content-length", "transfer-encoding", "connection", "server", "date"):
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else len(content)
            self.send_header("Content-Length", str(length or 0))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = forward

        def log_message(self, *_):
            pass

    return Handler


if __name__ == "__main__":
    unittest.main()
