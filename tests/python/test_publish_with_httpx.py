"""A client nobody here wrote publishes through the CDN over HTTP/2: it gets its answer, whatever it was still sending.

Run by scripts/test.
"""

import ssl
import unittest

import httpx
from local_stack import LocalStack


class PublishingOverHttp2(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = LocalStack()

    @classmethod
    def tearDownClass(cls):
        cls.stack.stop()

    def client(self, **options):
        context = ssl.create_default_context(cafile=self.stack.dev["ca_cert"])
        return httpx.Client(http2=True, verify=context, base_url=self.stack.dev["cdn_url"], timeout=30, **options)

    def publish(self, client, name, size, token=None):
        headers = {"authorization": f"Bearer {token or self.stack.dev['publisher_token']}", "content-type": "text/plain"}
        return client.put(f"/_publish/objects/{name}", content=b"x" * size, headers=headers)

    def test_a_body_that_is_too_large_gets_its_answer_and_the_connection_goes_on(self):
        with self.client() as client:
            for size in (3_000_000, 20_000_000):
                answer = self.publish(client, "large.txt", size)
                self.assertEqual((answer.http_version, answer.status_code), ("HTTP/2", 413), size)
                self.assertEqual(answer.json()["code"], "body-too-large")
                self.assertEqual(client.get("/large.txt").status_code, 404)

    def test_what_is_published_is_read_and_who_may_not_is_told(self):
        with self.client() as client:
            self.assertEqual(self.publish(client, "small.txt", 900_000).status_code, 201)
            self.assertEqual(len(client.get("/small.txt").content), 900_000)
            refused = self.publish(client, "other.txt", 900_000, token="kfp_nobody")
            self.assertEqual((refused.status_code, refused.json()["code"]), (401, "unauthenticated"))


if __name__ == "__main__":
    unittest.main()
