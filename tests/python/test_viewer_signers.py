"""What botocore's CloudFrontSigner signs, the built Worker admits.

Run by scripts/test, which has built the Worker and installed workerd.
"""

import datetime
import http.server
import json
import pathlib
import subprocess
import threading
import unittest

import requests
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

WORKER = pathlib.Path(__file__).parents[1] / "worker" / "run.mjs"
LATER = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=10)
EARLIER = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=10)
VIEWER = {"cf-connecting-ip": "192.0.2.7"}


class Origin(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *_):
        pass


class ViewerSigners(unittest.TestCase):
    def setUp(self):
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.p256 = ec.generate_private_key(ec.SECP256R1())
        origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
        threading.Thread(target=origin.serve_forever, daemon=True).start()
        self.addCleanup(origin.server_close)
        self.addCleanup(origin.shutdown)
        site = {
            "v": 1, "bucket": "private-content", "region": "eu-west-1", "style": "path", "query": [], "signing": "sigv4",
            "endpoint": f"http://127.0.0.1:{origin.server_port}", "viewers": {"prefixes": ["members/"]},
        }
        keys = [{"id": "K1ECDSA", "pem": pem(self.p256)}, {"id": "K2RSA", "pem": pem(self.rsa)}]
        self.url = self.start({"match": {}, "site": site, "viewers": {"keys": keys}})

    def start(self, entry):
        variables = {
            "KEYFRONT_SITES": json.dumps({"v": 1, "sites": [entry]}),
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-access-key", "AWS_SESSION_TOKEN": "",
        }
        worker = subprocess.Popen(["node", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(worker.communicate)
        worker.stdin.write(json.dumps({"vars": variables}) + "\n")
        worker.stdin.flush()
        return json.loads(worker.stdout.readline())["url"]

    def test_the_worker_admits_what_botocore_signs(self):
        sign = {
            "K1ECDSA": lambda message: self.p256.sign(message, ec.ECDSA(hashes.SHA1())),
            "K2RSA": lambda message: self.rsa.sign(message, padding.PKCS1v15(), hashes.SHA1()),
        }
        target = f"{self.url}/members/a%20b+c.txt"
        self.assertEqual(requests.get(target).status_code, 401)
        for key_id, signature in sign.items():
            signer = CloudFrontSigner(key_id, signature)
            folder = signer.build_policy(f"{self.url}/members/*", LATER, EARLIER, "192.0.2.7")
            elsewhere = signer.build_policy(target, LATER, ip_address="198.51.100.0/24")
            for url, status in [
                (signer.generate_presigned_url(target, date_less_than=LATER), 200),
                (signer.generate_presigned_url(target, policy=folder), 200),
                (signer.generate_presigned_url(target, date_less_than=EARLIER), 401),
                (signer.generate_presigned_url(target, policy=elsewhere), 403),
                (signer.generate_presigned_url(f"{self.url}/other", date_less_than=LATER).replace("/other", "/members/a"), 403),
            ]:
                answer = requests.get(url, headers=VIEWER)
                self.assertEqual(answer.status_code, status, f"{url}: {answer.text}")
                if status == 200:
                    self.assertEqual(answer.text, "/private-content/members/a%20b%2Bc.txt")


def pem(key):
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, info).decode()


if __name__ == "__main__":
    unittest.main()
