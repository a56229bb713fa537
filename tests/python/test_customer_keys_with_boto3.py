"""SSE-C as boto3 sends it, against the dev stack's S3: every read demands the key, and a bucket blocks it by default.

The refusals are those that S3's documentation lists. `ceph_and_the_dev_stack_agree_on_customer_keys` holds the same
scenario against an S3 that nobody here wrote. Run by scripts/test. Needs boto3 and the built `keyfront` and edge bundle.
"""

import base64
import hashlib
import unittest

from botocore.exceptions import ClientError

import customer_keys
from local_stack import LocalStack


def digest(key):
    return base64.b64encode(hashlib.md5(key).digest()).decode()


class CustomerKeys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = LocalStack()
        dev = cls.stack.dev
        admin = dev["credentials"]["admin"]
        keys = (admin["access_key_id"], admin["secret_access_key"])
        cls.s3 = customer_keys.client(dev["s3_url"], dev["region"], *keys)
        location = {"LocationConstraint": dev["region"]}
        cls.s3.create_bucket(Bucket="customer-keys", CreateBucketConfiguration=location)

    @classmethod
    def tearDownClass(cls):
        cls.stack.stop()

    def rule(self, blocked):
        default = {"SSEAlgorithm": "AES256"}
        rule = {"ApplyServerSideEncryptionByDefault": default, "BlockedEncryptionTypes": {"EncryptionType": [blocked]}}
        self.s3.put_bucket_encryption(Bucket="customer-keys", ServerSideEncryptionConfiguration={"Rules": [rule]})

    def test_boto3_needs_the_customer_key_for_every_read_and_a_new_bucket_blocks_it(self):
        found = self.s3.get_bucket_encryption(Bucket="customer-keys")
        rule = found["ServerSideEncryptionConfiguration"]["Rules"][0]
        self.assertEqual(rule["BlockedEncryptionTypes"], {"EncryptionType": ["SSE-C"]})
        with self.assertRaises(ClientError) as refused:
            self.s3.put_object(Bucket="customer-keys", Key="k", Body=b"x", **customer_keys.under(customer_keys.KEY))
        self.assertEqual(refused.exception.response["Error"]["Code"], "AccessDenied")
        self.rule("NONE")
        self.addCleanup(self.rule, "SSE-C")

        seen = customer_keys.observe(self.s3, "customer-keys")
        own = {"algorithm": "AES256", "md5": digest(customer_keys.KEY), "body": None}
        other = {**own, "md5": digest(customer_keys.OTHER)}
        size = len(customer_keys.CONTENT)
        self.assertEqual(
            seen,
            {
                "put": own,
                "get": {**own, "body": [size, "00010203", "fcfdfeff"]},
                "head": own,
                "range": {**own, "body": [1000, "e8e9eaeb", "cccdcecf"]},
                "get without the key": [400, "InvalidRequest"],
                "head without the key": [400, "400"],
                "get with another key": [403, "AccessDenied"],
                "head with another key": [403, "403"],
                "get of a plain object with a key": [400, "InvalidRequest"],
                "put with another key's digest": [400, "InvalidArgument"],
                "put with a short key": [400, "InvalidArgument"],
                "copy without the key": [400, "InvalidRequest"],
                "copy to another key": other,
                "the copy with its key": {**other, "body": [size, "00010203", "fcfdfeff"]},
                "the copy with the source's": [403, "AccessDenied"],
                "a part without the key": [400, "InvalidRequest"],
                "a part with another key": [400, "InvalidArgument"],
                "the parts' end": {**own, "body": [6, "feff7461", "7461696c"]},
                "the parts without the key": [400, "InvalidRequest"],
            },
        )


if __name__ == "__main__":
    unittest.main()
