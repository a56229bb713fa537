"""`keyfront audit --inventory` of Parquet that Apache Arrow wrote, in the form of S3 Inventory's files, on the dev S3.

Run by scripts/test. Needs boto3, pyarrow and the built `keyfront` and edge bundle.
"""

import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import struct
import subprocess
import tempfile
import unittest
import urllib.parse

import boto3
import pyarrow
import pyarrow.parquet
from botocore.config import Config

from local_stack import TARGET, LocalStack

# The columns of S3 Inventory's Parquet files, those that nobody here reads included.
SCHEMA = pyarrow.schema([
    pyarrow.field("bucket", pyarrow.string(), nullable=False),
    pyarrow.field("key", pyarrow.string(), nullable=False),
    pyarrow.field("version_id", pyarrow.string()),
    pyarrow.field("is_latest", pyarrow.bool_()),
    pyarrow.field("is_delete_marker", pyarrow.bool_()),
    pyarrow.field("size", pyarrow.int64()),
    pyarrow.field("last_modified_date", pyarrow.timestamp("ms", tz="UTC")),
    pyarrow.field("e_tag", pyarrow.string()),
    pyarrow.field("storage_class", pyarrow.string()),
    pyarrow.field("is_multipart_uploaded", pyarrow.bool_()),
    pyarrow.field("replication_status", pyarrow.string()),
    pyarrow.field("encryption_status", pyarrow.string()),
    pyarrow.field("bucket_key_status", pyarrow.string()),
    pyarrow.field("checksum_algorithm", pyarrow.string()),
])
CSV_SCHEMA = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, EncryptionStatus, BucketKeyStatus"
FOLDER = ".keyfront/inventory"


class ParquetInventories(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = LocalStack()
        cls.dev = cls.stack.dev
        admin = cls.dev["credentials"]["admin"]
        cls.s3 = boto3.client(
            "s3", endpoint_url=cls.dev["s3_url"], region_name=cls.dev["region"],
            aws_access_key_id=admin["access_key_id"], aws_secret_access_key=admin["secret_access_key"],
            config=Config(s3={"addressing_style": "path"}))
        cls.bucket = cls.dev["bucket"]
        # Nobody could store an object under SSE-S3 past the templates' policy.
        cls.s3.delete_bucket_policy(Bucket=cls.bucket)
        for n in range(3):
            cls.s3.put_object(Bucket=cls.bucket, Key=f"o/plain {n}+ü.txt", Body=b"x", ServerSideEncryption="AES256")
        cls.s3.put_object(Bucket=cls.bucket, Key="o/good", Body=b"x")

    @classmethod
    def tearDownClass(cls):
        cls.stack.stop()

    def rows(self):
        """A former version, a marker and an object that is gone are in inventories too."""
        row = lambda key, **more: {
            "bucket": self.bucket, "key": key, "is_latest": True, "is_delete_marker": False, "size": 1,
            "encryption_status": "SSE-S3", **more}
        plain = [row(f"o/plain {n}+ü.txt") for n in range(3)]
        return [
            row("o/good", encryption_status="SSE-KMS", bucket_key_status="ENABLED"), *plain,
            row("o/plain 0+ü.txt", is_latest=False, version_id="former"), row("o/marked", is_delete_marker=True),
            row("o/gone"), row("o/trusted", encryption_status="SSE-KMS"),
            # The column is empty for objects of times before it.
            row("o/good", encryption_status=None, bucket_key_status=None),
        ]

    def parquet(self, rows, schema=SCHEMA, **options):
        table = pyarrow.Table.from_pylist(rows, schema=schema)
        buffer = io.BytesIO()
        pyarrow.parquet.write_table(table, buffer, **{"row_group_size": 2, "compression": "snappy", **options})
        return buffer.getvalue()

    def csv(self, rows):
        def field(value):
            text = {True: "true", False: "false", None: ""}.get(value, value)
            return f'"{text}"'
        lines = []
        for row in rows:
            key = urllib.parse.quote_plus(row["key"])
            values = [row["bucket"], key, row.get("version_id"), row["is_latest"], row["is_delete_marker"], str(row["size"]),
                      row["encryption_status"], row.get("bucket_key_status")]
            lines.append(",".join(field(value) for value in values) + "\n")
        return gzip.compress("".join(lines).encode())

    def inventory(self, format, files, sizes=None):
        schema = CSV_SCHEMA if format == "CSV" else "message s3.inventory { required binary bucket (STRING); }"
        listed = []
        for n, body in enumerate(files):
            key = f"{FOLDER}/{format}-{n}"
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
            size = sizes[n] if sizes else len(body)
            listed.append({"key": key, "size": size, "MD5checksum": hashlib.md5(body).hexdigest()})
        manifest = {
            "sourceBucket": self.bucket, "destinationBucket": f"arn:aws:s3:::{self.bucket}", "version": "2016-11-30",
            "creationTimestamp": "1700000000000", "fileFormat": format, "fileSchema": schema, "files": listed}
        self.s3.put_object(Bucket=self.bucket, Key=f"{FOLDER}/manifest.json", Body=json.dumps(manifest))
        return f"s3://{self.bucket}/{FOLDER}/manifest.json"

    def audit(self, address):
        """Exit code, findings of objects, summary, and what was reported."""
        with tempfile.TemporaryDirectory() as folder:
            dev_json = pathlib.Path(folder, "dev.json")
            dev_json.write_text(json.dumps(self.dev))
            ran = subprocess.run(
                [TARGET / "debug/keyfront", "audit", "--dev", dev_json, "--format", "json", "--prefix", "o/", "--expect-key", "any",
                 "--inventory", address, "--checkpoint", pathlib.Path(folder, "checkpoint.json")],
                capture_output=True, cwd=folder, env={**os.environ, "RUST_BACKTRACE": "0"}, timeout=120)
        lines = [json.loads(line) for line in ran.stdout.decode().splitlines()]
        found = sorted((line["code"], line["key"]) for line in lines if "code" in line and line.get("key"))
        summary = next((line for line in lines if "objects" in json.dumps(line) and "code" not in line), None)
        return ran.returncode, found, summary, ran.stderr.decode()

    def refused(self, body, expected, sizes=None):
        code, found, _, reported = self.audit(self.inventory("Parquet", [body], sizes))
        self.assertEqual((code, found), (2, []), reported)
        self.assertRegex(reported, expected)
        self.assertNotIn("panicked", reported)

    def test_a_parquet_inventory_has_the_verdict_of_a_csv_inventory_of_the_same_objects(self):
        rows = self.rows()
        halves = (rows[:4], rows[4:])
        listed = self.audit(self.inventory("CSV", [self.csv(half) for half in halves]))
        plain = [("other-mode", f"o/plain {n}+ü.txt") for n in range(3)]
        self.assertEqual(listed[1], [("bucket-key-off", "o/trusted"), *plain], listed)
        for options in ({}, {"compression": "gzip"}, {"compression": "none"}, {"use_dictionary": False},
                        {"data_page_version": "2.0"}, {"row_group_size": 1}, {"row_group_size": 1000}, {"version": "1.0"}):
            files = [self.parquet(half, **options) for half in halves]
            read = self.audit(self.inventory("Parquet", files))
            self.assertEqual(read[:3], listed[:3], (options, read[3]))

    def test_many_row_groups_are_read_to_the_last(self):
        rows = [{**self.rows()[0], "key": f"o/trusted/{n:06}"} for n in range(20_000)]
        code, found, summary, reported = self.audit(self.inventory("Parquet", [self.parquet(rows, row_group_size=700)]))
        self.assertEqual(found, [], reported)
        self.assertIn("20000", json.dumps(summary), reported)

    def test_a_codec_that_s3_does_not_use_is_refused_by_name(self):
        for codec in ("zstd", "brotli", "lz4"):
            self.refused(self.parquet(self.rows(), compression=codec), re.compile(codec, re.IGNORECASE))

    def test_a_file_without_the_columns_that_are_read_is_refused(self):
        for missing in ("bucket", "key"):
            schema = pyarrow.schema([field for field in SCHEMA if field.name != missing])
            rows = [{name: value for name, value in row.items() if name != missing} for row in self.rows()]
            self.refused(self.parquet(rows, schema), f"(?i)no column {missing}")
        # Without its status every object is looked at.
        schema = pyarrow.schema([field for field in SCHEMA if field.name != "encryption_status"])
        rows = [{name: value for name, value in row.items() if name != "encryption_status"} for row in self.rows()]
        _, found, _, reported = self.audit(self.inventory("Parquet", [self.parquet(rows, schema)]))
        self.assertEqual([key for _, key in found], [f"o/plain {n}+ü.txt" for n in range(3)], reported)

    def test_a_column_of_another_type_or_without_a_key_is_refused(self):
        numbers = SCHEMA.set(1, pyarrow.field("key", pyarrow.int64(), nullable=False))
        self.refused(self.parquet([{**row, "key": 7} for row in self.rows()], numbers), "neither text nor boolean")
        empty = SCHEMA.set(1, pyarrow.field("key", pyarrow.string()))
        self.refused(self.parquet([{**self.rows()[0], "key": None}], empty), "without a key")

    def test_a_damaged_file_is_refused_and_nothing_panics(self):
        whole = self.parquet(self.rows(), row_group_size=1000)
        self.refused(whole[:-4] + b"NOPE", "not a Parquet file")
        self.refused(whole[: len(whole) // 2], "not a Parquet file")
        self.refused(b"", "not a Parquet file")
        self.refused(b"PAR1" + struct.pack("<I", 0xFFFFFFFF) + b"PAR1", "not a Parquet file")
        # Every byte in turn, thinned out: an error or a verdict, never a panic.
        for at in range(4, len(whole), 211):
            damaged = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1:]
            code, _, _, reported = self.audit(self.inventory("Parquet", [damaged]))
            self.assertIn(code, (0, 1, 2), (at, reported))
            self.assertNotIn("panicked", reported, at)

    def test_a_file_that_is_not_the_listed_one_is_refused(self):
        whole = self.parquet(self.rows())
        self.refused(whole, "longer than its manifest lists", [len(whole) - 1])
        self.refused(whole, "does not match its checksum", [len(whole) + 1])

    def test_a_small_file_that_unpacks_to_more_than_an_inventory_has_is_refused(self):
        # 576 MiB of one letter in pages of some kilobytes.
        rows = [{**self.rows()[0], "key": "k" * (64 << 20)} ]
        bomb = self.parquet(rows * 9, compression="gzip", use_dictionary=False, row_group_size=1000, data_page_size=1 << 30)
        self.assertLess(len(bomb), 4 << 20)
        self.refused(bomb, "decompresses to")


if __name__ == "__main__":
    unittest.main()
