"""What the origin seals Amazon's S3 Encryption Client for Python opens, and what that writes the origin's reader opens.

Both work on the dev stack's S3 and KMS. Run by scripts/test. Needs amazon-s3-encryption-client-python 4 and the built
`keyfront` and edge bundle.
"""

import hashlib
import unittest
import urllib.request

import boto3
from botocore.config import Config
from s3_encryption import S3EncryptionClient, S3EncryptionClientConfig
from s3_encryption.exceptions import S3EncryptionClientError
from s3_encryption.materials.kms_keyring import KmsKeyring
from s3_encryption.materials.materials import AlgorithmSuite, CommitmentPolicy

from local_stack import LocalStack

# The mode that makes the origin seal in the format that the client is set to.
FORMATS = {
    "envelope-kms": (
        AlgorithmSuite.ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
        CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
    ),
    "envelope-kms-v2": (
        AlgorithmSuite.ALG_AES_256_GCM_IV12_TAG16_NO_KDF,
        CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT,
    ),
}
CONTENT = bytes(range(256)) * 4096 + b"the end"


class OriginInterop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = LocalStack()
        cls.dev = cls.stack.dev

    @classmethod
    def tearDownClass(cls):
        cls.stack.stop()

    def client(self, service):
        keys = self.dev["credentials"]["admin"]
        return boto3.client(
            service,
            endpoint_url=self.dev[f"{service}_url"],
            region_name=self.dev["region"],
            aws_access_key_id=keys["access_key_id"],
            aws_secret_access_key=keys["secret_access_key"],
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )

    def amazon(self, mode):
        algorithm, policy = FORMATS[mode]
        config = S3EncryptionClientConfig(
            keyring=KmsKeyring(self.client("kms"), self.dev["key_arn"]),
            encryption_algorithm=algorithm,
            commitment_policy=policy,
        )
        return S3EncryptionClient(self.client("s3"), config)

    def context(self, key):
        """What binds an envelope to its place, as docs/SEMANTICS.md tells other writers."""
        sha256 = hashlib.sha256(key.encode()).hexdigest()
        return {"bucket": self.dev["bucket"], "purpose": "content", "key-sha256": sha256}

    def origin(self, method, target, body=None, **headers):
        headers = {"Authorization": f"Bearer {self.dev['publisher_token']}", **headers}
        request = urllib.request.Request(self.dev["publish_url"] + target, body, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()

    def test_what_the_origin_seals_amazon_opens(self):
        for mode in FORMATS:
            with self.subTest(mode=mode):
                key = f"sealed/{mode}"
                target = f"/objects/{key}?encryption={mode}"
                headers = {"Content-Type": "application/octet-stream"}
                self.assertEqual(self.origin("PUT", target, CONTENT, **headers)[0], 201)
                got = self.amazon(mode).get_object(
                    Bucket=self.dev["bucket"], Key=key, EncryptionContext=self.context(key)
                )
                self.assertEqual(got["Body"].read(), CONTENT)
                with self.assertRaises(S3EncryptionClientError):
                    self.amazon(mode).get_object(
                        Bucket=self.dev["bucket"], Key=key, EncryptionContext=self.context("another")
                    )

    def test_what_amazon_writes_the_reader_opens_whole_and_in_ranges(self):
        for mode in FORMATS:
            with self.subTest(mode=mode):
                key = f"written/{mode}"
                self.amazon(mode).put_object(
                    Bucket=self.dev["bucket"], Key=key, Body=CONTENT, EncryptionContext=self.context(key)
                )
                self.assertEqual(self.origin("GET", f"/read/{key}"), (200, CONTENT))
                part = self.origin("GET", f"/read/{key}", Range="bytes=1000-70000")
                self.assertEqual(part, (206, CONTENT[1000:70001]))


if __name__ == "__main__":
    unittest.main()
