"""Envelopes travel both ways between Keyfront and Amazon's S3 Encryption Client for Python.

S3 and KMS are moto's. Needs boto3, moto[server], amazon-s3-encryption-client-python 4 and cargo.
"""

import base64
import json
import os
import pathlib
import subprocess
import unittest

import boto3
from botocore.config import Config
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from moto.server import ThreadedMotoServer
from s3_encryption import S3EncryptionClient, S3EncryptionClientConfig
from s3_encryption.exceptions import S3EncryptionClientError
from s3_encryption.key_derivation import derive_keys
from s3_encryption.materials.kms_keyring import KmsKeyring
from s3_encryption.materials.materials import AlgorithmSuite, CommitmentPolicy

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BUCKET, REGION = "envelopes", "eu-central-1"
FORMATS = {
    "v2": AlgorithmSuite.ALG_AES_256_GCM_IV12_TAG16_NO_KDF,
    "v3": AlgorithmSuite.ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
}
CIPHERS = {"v2": "AES/GCM/NoPadding", "v3": "115"}
CONTEXT = {"tenant": "a", 'quoted "name" \\': "value"}
MULTIPART_SIZED = 11 * 1024 * 1024 + 7


def content(length):
    return bytes(range(256)) * (length // 256) + bytes(length % 256)


def envelope(*arguments, head, body=b""):
    """The Rust side: one line of JSON and bytes in, one line of JSON and bytes out."""
    command = [TARGET / "debug/examples/envelope", *arguments]
    given = json.dumps(head).encode() + b"\n" + body
    return subprocess.run(command, input=given, capture_output=True, check=False)


class EnvelopeInterop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        build = ["cargo", "build", "--locked", "--quiet", "--package", "keyfront-envelope"]
        subprocess.run([*build, "--example", "envelope"], cwd=ROOT, check=True)
        cls.moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        cls.moto.start()
        host, port = cls.moto.get_host_and_port()
        cls.endpoint = f"http://{host}:{port}"
        cls.s3, cls.kms = cls.client("s3"), cls.client("kms")
        cls.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        cls.key_id = cls.kms.create_key()["KeyMetadata"]["Arn"]

    @classmethod
    def tearDownClass(cls):
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

    def amazon(self, format, **options):
        policy = CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
        if format == "v2":
            policy = CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
        config = S3EncryptionClientConfig(
            keyring=KmsKeyring(self.client("kms"), self.key_id),
            encryption_algorithm=FORMATS[format],
            commitment_policy=policy,
            **options,
        )
        return S3EncryptionClient(self.client("s3"), config)

    def seal(self, format, plaintext, context=CONTEXT):
        full = {**context, "aws:x-amz-cek-alg": CIPHERS[format]}
        key = self.kms.generate_data_key(KeyId=self.key_id, KeySpec="AES_256", EncryptionContext=full)
        head = {
            "data_key": base64.b64encode(key["Plaintext"]).decode(),
            "wrapped": base64.b64encode(key["CiphertextBlob"]).decode(),
            "context": context,
        }
        done = envelope("seal", format, "kms", head=head, body=plaintext)
        self.assertEqual(done.returncode, 0, done.stderr)
        metadata, body = done.stdout.split(b"\n", 1)
        return json.loads(metadata), body

    def unwrapped(self, metadata, context=CONTEXT):
        stored = json.loads(metadata.get("x-amz-t") or metadata["x-amz-matdesc"])
        wrapped = base64.b64decode(metadata.get("x-amz-3") or metadata["x-amz-key-v2"])
        key = self.kms.decrypt(KeyId=self.key_id, CiphertextBlob=wrapped, EncryptionContext=stored)
        return {
            "data_key": base64.b64encode(key["Plaintext"]).decode(),
            "metadata": metadata,
            "context": context,
        }

    def open(self, how, key, context=CONTEXT):
        stored = self.s3.get_object(Bucket=BUCKET, Key=key)
        head = self.unwrapped(stored["Metadata"], context)
        return envelope("open", how, "kms", head=head, body=stored["Body"].read())

    def assert_opens(self, how, key, plaintext):
        done = self.open(how, key)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, plaintext)

    def test_the_reserved_entries_are_those_amazon_writes(self):
        for format, cipher in CIPHERS.items():
            done = envelope("context", format, head={})
            self.assertEqual(json.loads(done.stdout), {"aws:x-amz-cek-alg": cipher})

    def test_what_keyfront_seals_amazon_opens(self):
        for format in FORMATS:
            for length in (0, 1, 16, 100_000, MULTIPART_SIZED):
                with self.subTest(format=format, length=length):
                    metadata, body = self.seal(format, content(length))
                    key = f"keyfront/{format}/{length}"
                    self.s3.put_object(Bucket=BUCKET, Key=key, Body=body, Metadata=metadata)
                    got = self.amazon(format).get_object(
                        Bucket=BUCKET, Key=key, EncryptionContext=CONTEXT
                    )
                    self.assertEqual(got["Body"].read(), content(length))

    def test_what_amazon_seals_keyfront_opens_verified_streamed_and_ranged(self):
        for format in FORMATS:
            for length in (1, 17, 100_000):
                with self.subTest(format=format, length=length):
                    key = f"amazon/{format}/{length}"
                    self.amazon(format).put_object(
                        Bucket=BUCKET, Key=key, Body=content(length), EncryptionContext=CONTEXT
                    )
                    self.assert_opens("all", key, content(length))
                    self.assert_opens("stream", key, content(length))
                    first, last = length // 3, length * 2 // 3
                    self.assert_opens(f"{first}-{last}", key, content(length)[first : last + 1])
                    self.assert_opens(f"{last}-999999999", key, content(length)[last:])

    def test_what_amazon_uploads_in_parts_keyfront_opens(self):
        for format in FORMATS:
            with self.subTest(format=format):
                client, key = self.amazon(format), f"amazon-parts/{format}"
                upload = client.create_multipart_upload(
                    Bucket=BUCKET, Key=key, EncryptionContext=CONTEXT
                )["UploadId"]
                whole, parts, size = content(MULTIPART_SIZED), [], 5 * 1024 * 1024
                pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
                for number, piece in enumerate(pieces, 1):
                    part = client.upload_part(
                        Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=number, Body=piece,
                        IsLastPart=number == len(pieces),
                    )
                    parts.append({"PartNumber": number, "ETag": part["ETag"]})
                client.complete_multipart_upload(
                    Bucket=BUCKET, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
                )
                self.assert_opens("all", key, whole)
                self.assert_opens("5242870-5242900", key, whole[5242870:5242901])

    def test_what_keyfront_seals_is_uploaded_in_parts_and_amazon_opens_it(self):
        metadata, body = self.seal("v3", content(MULTIPART_SIZED))
        upload = self.s3.create_multipart_upload(Bucket=BUCKET, Key="parts", Metadata=metadata)["UploadId"]
        parts = []
        for number, at in enumerate(range(0, len(body), 5 * 1024 * 1024), 1):
            piece = body[at : at + 5 * 1024 * 1024]
            part = self.s3.upload_part(
                Bucket=BUCKET, Key="parts", UploadId=upload, PartNumber=number, Body=piece
            )
            parts.append({"PartNumber": number, "ETag": part["ETag"]})
        self.s3.complete_multipart_upload(
            Bucket=BUCKET, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts}
        )
        amazon = self.amazon("v3", enable_delayed_authentication=True)
        got = amazon.get_object(Bucket=BUCKET, Key="parts", EncryptionContext=CONTEXT)
        self.assertEqual(got["Body"].read(), content(MULTIPART_SIZED))

    def test_amazon_opens_an_instruction_file_laid_out_as_keyfront_lays_it_out(self):
        metadata, body = self.seal("v3", b"content")
        in_file = {name: metadata.pop(name) for name in ("x-amz-3", "x-amz-w", "x-amz-t")}
        self.s3.put_object(Bucket=BUCKET, Key="apart", Body=body, Metadata=metadata)
        self.s3.put_object(
            Bucket=BUCKET, Key="apart.instruction", Body=json.dumps(in_file),
            Metadata={"x-amz-crypto-instr-file": ""},
        )
        got = self.amazon("v3").get_object(Bucket=BUCKET, Key="apart", EncryptionContext=CONTEXT)
        self.assertEqual(got["Body"].read(), b"content")
        head = self.unwrapped({**metadata, **in_file})
        head.update(metadata=metadata, instruction_file=json.dumps(in_file))
        done = envelope("open", "all", "kms", head=head, body=body)
        self.assertEqual((done.returncode, done.stdout), (0, b"content"), done.stderr)

    def test_an_independent_aes_gcm_unwraps_what_a_master_key_wrapped(self):
        master = bytes(range(32))
        for format, cipher in CIPHERS.items():
            with self.subTest(format=format):
                head = {"data_key": base64.b64encode(master).decode(), "context": {"key": "1"}}
                done = envelope("seal", format, "master", head=head, body=b"content")
                line, body = done.stdout.split(b"\n", 1)
                metadata = json.loads(line)
                wrapped = base64.b64decode(metadata.get("x-amz-3") or metadata["x-amz-key-v2"])
                data_key = AESGCM(master).decrypt(wrapped[:12], wrapped[12:], cipher.encode())
                key, nonce, data = data_key, metadata.get("x-amz-iv"), None
                if format == "v3":
                    message_id = base64.b64decode(metadata["x-amz-i"])
                    key, _ = derive_keys(data_key, message_id, FORMATS[format])
                    nonce, data = base64.b64encode(bytes([1]) * 12), bytes([0, 0x73])
                self.assertEqual(AESGCM(key).decrypt(base64.b64decode(nonce), body, data), b"content")
                done = envelope("open", "all", "master", head={**head, "metadata": metadata}, body=body)
                self.assertEqual(done.stdout, b"content", done.stderr)

    def test_both_refuse_another_context(self):
        metadata, body = self.seal("v3", b"content")
        self.s3.put_object(Bucket=BUCKET, Key="context", Body=body, Metadata=metadata)
        with self.assertRaises(S3EncryptionClientError):
            self.amazon("v3").get_object(
                Bucket=BUCKET, Key="context", EncryptionContext={"tenant": "b"}
            )
        done = self.open("all", "context", context={"tenant": "b"})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"the encryption context stored with the object is not the expected one", done.stderr)

    def test_both_refuse_a_flipped_bit(self):
        for format in FORMATS:
            with self.subTest(format=format):
                metadata, body = self.seal(format, content(1000))
                damaged = bytearray(body)
                damaged[500] ^= 1
                key = f"damaged/{format}"
                self.s3.put_object(Bucket=BUCKET, Key=key, Body=bytes(damaged), Metadata=metadata)
                with self.assertRaises(S3EncryptionClientError):
                    client = self.amazon(format)
                    got = client.get_object(Bucket=BUCKET, Key=key, EncryptionContext=CONTEXT)
                    got["Body"].read()
                done = self.open("all", key)
                self.assertEqual(done.stdout, b"")
                self.assertIn(b"the content failed authentication", done.stderr)


if __name__ == "__main__":
    unittest.main()
