"""`keyfront deploy` against moto: somebody else's CloudFormation makes the template's Key, Alias, Bucket and Roles.

Run by scripts/test. Needs moto and the built `keyfront`. moto has no CloudFront, Function URLs or alarms; it skips them,
and `cloudformation/` checks them structurally. It tells no outputs of a stack made by a change set, so the first publisher is
made in tests/tests/e2e/deploy.
"""

import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import zipfile

import boto3
from moto.cloudformation import parsing
from moto.server import ThreadedMotoServer

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
STACK = "media"
REGION = "us-east-1"

# It stores the id of the distribution, which moto does not make.
parsing.NULL_MODELS.append("AWS::SSM::Parameter")


class Deploy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        cls.server.start()
        host, port = cls.server.get_host_and_port()
        cls.url = f"http://{host}:{port}"
        cls.folder = tempfile.TemporaryDirectory()
        for file, entry in (("edge.zip", "index.mjs"), ("origin.zip", "bootstrap")):
            with zipfile.ZipFile(pathlib.Path(cls.folder.name, file), "w") as archive:
                archive.writestr(entry, "content")
        # moto applies a bucket policy's deny without its condition, so the packages lie in a bucket without one.
        cls.client("s3").create_bucket(Bucket="packages")
        cls.deployed = cls.keyfront("deploy", "--yes", "--no-publisher", *cls.packages())

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.folder.cleanup()

    @classmethod
    def client(cls, service):
        return boto3.client(
            service, endpoint_url=cls.url, region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b"
        )

    @classmethod
    def packages(cls):
        folder = pathlib.Path(cls.folder.name)
        return ["--artifact-bucket=packages", "--edge-bundle", folder / "edge.zip", "--origin-package", folder / "origin.zip"]

    @classmethod
    def keyfront(cls, command, *arguments):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment |= KEYS | {"AWS_ENDPOINT_URL": cls.url, "AWS_EC2_METADATA_DISABLED": "true"}
        line = [TARGET / "debug/keyfront", command, f"--stack={STACK}", f"--region={REGION}"]
        line += ["--poll=50"] + [str(argument) for argument in arguments]
        return subprocess.run(line, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)

    def physical(self, resource):
        found = self.client("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId=resource)
        return found["StackResourceDetail"]["PhysicalResourceId"]

    def test_moto_makes_the_key_with_rotation_and_its_alias(self):
        self.assertEqual(self.deployed.returncode, 0, self.deployed.stderr)
        kms, key = self.client("kms"), self.physical("Key")
        self.assertTrue(kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"])
        aliases = {alias["AliasName"]: alias["TargetKeyId"] for alias in kms.list_aliases()["Aliases"] if "TargetKeyId" in alias}
        self.assertEqual(aliases[f"alias/keyfront/{STACK}"], key)

    def test_moto_makes_the_bucket_private_and_encrypted_with_the_key(self):
        self.assertEqual(self.deployed.returncode, 0, self.deployed.stderr)
        s3, bucket = self.client("s3"), self.physical("Bucket")
        rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
        default = rule["ApplyServerSideEncryptionByDefault"]
        self.assertEqual(default["SSEAlgorithm"], "aws:kms")
        self.assertIn(self.physical("Key"), default["KMSMasterKeyID"])

    def test_moto_makes_a_role_for_each_function(self):
        self.assertEqual(self.deployed.returncode, 0, self.deployed.stderr)
        for resource, service in (("EdgeRole", "edgelambda.amazonaws.com"), ("OriginRole", "lambda.amazonaws.com")):
            roles = self.client("iam").list_roles()["Roles"]
            role = next(role for role in roles if role["RoleName"].startswith(f"{STACK}-{resource}"))
            self.assertIn(service, json.dumps(role["AssumeRolePolicyDocument"]))

    def test_the_stack_stands_and_the_packages_lie_under_their_hashes(self):
        self.assertEqual(self.deployed.returncode, 0, self.deployed.stderr)
        status = self.keyfront("status")
        self.assertEqual((status.returncode, "CREATE_COMPLETE" in status.stdout), (0, True), status.stderr)
        for file in ("edge.zip", "origin.zip"):
            content = pathlib.Path(self.folder.name, file).read_bytes()
            listed = self.client("s3").list_objects_v2(Bucket="packages")["Contents"]
            digest = hashlib.sha256(content).hexdigest()
            self.assertTrue(any(digest in entry["Key"] for entry in listed), file)


if __name__ == "__main__":
    unittest.main()
