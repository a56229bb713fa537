"""What users have today works against the dev stack: boto3 with nothing but dev.json.

Run by scripts/test. Needs boto3 and the built `keyfront` and edge bundle.
"""

import io
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local_stack import LocalStack


class DevStack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = LocalStack()
        cls.dev = cls.stack.dev

    @classmethod
    def tearDownClass(cls):
        cls.stack.stop()

    def client(self, service, who="admin"):
        keys = self.dev["credentials"][who]
        return boto3.client(
            service,
            endpoint_url=self.dev[f"{service}_url"],
            region_name=self.dev["region"],
            aws_access_key_id=keys["access_key_id"],
            aws_secret_access_key=keys["secret_access_key"],
            aws_session_token=keys["session_token"],
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )

    def test_an_object_goes_in_encrypted_and_comes_out(self):
        s3, bucket = self.client("s3"), self.dev["bucket"]
        put = s3.put_object(Bucket=bucket, Key="boto-one/ключ +%.txt", Body=b"content", ContentType="text/plain")
        self.assertEqual(put["ServerSideEncryption"], "aws:kms")
        self.assertEqual(put["SSEKMSKeyId"], self.dev["key_arn"])
        got = s3.get_object(Bucket=bucket, Key="boto-one/ключ +%.txt")
        self.assertEqual((got["Body"].read(), got["ContentType"]), (b"content", "text/plain"))
        listed = s3.list_objects_v2(Bucket=bucket, Prefix="boto-one/")["Contents"]
        self.assertEqual([entry["Key"] for entry in listed], ["boto-one/ключ +%.txt"])
        s3.delete_object(Bucket=bucket, Key="boto-one/ключ +%.txt")
        with self.assertRaises(ClientError) as refused:
            s3.get_object(Bucket=bucket, Key="boto-one/ключ +%.txt")
        self.assertEqual(refused.exception.response["Error"]["Code"], "NoSuchKey")

    def test_a_multipart_upload_comes_out_whole_and_in_ranges(self):
        s3, bucket = self.client("s3"), self.dev["bucket"]
        content = bytes(range(256)) * 4096 * 20
        s3.upload_fileobj(io.BytesIO(content), bucket, "boto/large")
        got = s3.get_object(Bucket=bucket, Key="boto/large")
        self.assertEqual(got["Body"].read(), content)
        self.assertRegex(got["ETag"], r'^"[0-9a-f]{32}-\d+"$')
        part = s3.get_object(Bucket=bucket, Key="boto/large", Range="bytes=8388600-8388620")
        self.assertEqual(part["Body"].read(), content[8388600:8388621])

    def test_the_edge_role_reads_and_cannot_write(self):
        self.client("s3").put_object(Bucket=self.dev["bucket"], Key="boto/role", Body=b"x")
        edge = self.client("s3", "edge")
        self.assertEqual(edge.get_object(Bucket=self.dev["bucket"], Key="boto/role")["Body"].read(), b"x")
        with self.assertRaises(ClientError) as refused:
            edge.put_object(Bucket=self.dev["bucket"], Key="boto/role", Body=b"y")
        self.assertEqual(refused.exception.response["Error"]["Code"], "AccessDenied")

    def test_kms_binds_a_data_key_to_its_context(self):
        kms = self.client("kms")
        made = kms.generate_data_key(KeyId=self.dev["key_arn"], KeySpec="AES_256", EncryptionContext={"a": "1"})
        opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "1"})
        self.assertEqual(opened["Plaintext"], made["Plaintext"])
        with self.assertRaises(ClientError) as refused:
            kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "2"})
        self.assertEqual(refused.exception.response["Error"]["Code"], "InvalidCiphertextException")

    def test_sts_returns_the_caller(self):
        arn = self.client("sts", "edge").get_caller_identity()["Arn"]
        self.assertIn(":assumed-role/", arn)


if __name__ == "__main__":
    unittest.main()
