"""What boto3 sees of an S3 that is given customer keys (SSE-C): one scenario, whatever the S3 is.

`customer_keys.py ENDPOINT REGION ACCESS_KEY SECRET_KEY BUCKET` prints the outcome of every step as JSON. The bucket must
exist and take SSE-C.
"""

import base64
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
CONTENT = bytes(range(256)) * 1024


def client(endpoint, region, access_key, secret_key):
    # Older S3s know no trailing checksums.
    config = Config(
        s3={"addressing_style": "path"},
        retries={"max_attempts": 1},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=config,
    )


def encoded(key):
    """As botocore encodes it, unless a digest is given."""
    return base64.b64encode(key).decode()


def under(key):
    return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key}


def from_source(key):
    return {"CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": key}


def outcome(call):
    """What came of a call: how S3 says it encrypted, and a body; or the status and the code of a refusal."""
    try:
        answer = call()
    except ClientError as refused:
        return [refused.response["ResponseMetadata"]["HTTPStatusCode"], refused.response["Error"]["Code"]]
    body = answer["Body"].read() if "Body" in answer else None
    return {
        "algorithm": answer.get("SSECustomerAlgorithm"),
        "md5": answer.get("SSECustomerKeyMD5"),
        "body": None if body is None else [len(body), body[:4].hex(), body[-4:].hex()],
    }


def parts(s3, bucket):
    """An upload in two parts, and the outcome of what is tried on the way."""
    begun = s3.create_multipart_upload(Bucket=bucket, Key="parts", **under(KEY))
    part = {"Bucket": bucket, "Key": "parts", "UploadId": begun["UploadId"]}
    seen = {
        "a part without the key": outcome(lambda: s3.upload_part(**part, PartNumber=1, Body=b"x")),
        "a part with another key": outcome(lambda: s3.upload_part(**part, PartNumber=1, Body=b"x", **under(OTHER))),
    }
    uploaded = []
    for number, body in [(1, CONTENT * 20), (2, b"tail")]:
        etag = s3.upload_part(**part, PartNumber=number, Body=body, **under(KEY))["ETag"]
        uploaded.append({"PartNumber": number, "ETag": etag})
    s3.complete_multipart_upload(**part, MultipartUpload={"Parts": uploaded})
    return seen


def observe(s3, bucket):
    """The outcome of every step."""
    at = {"Bucket": bucket, "Key": "secret"}
    source = {"CopySource": {"Bucket": bucket, "Key": "secret"}}
    seen = {"put": outcome(lambda: s3.put_object(**at, Body=CONTENT, **under(KEY)))}
    s3.put_object(Bucket=bucket, Key="plain", Body=b"plain")
    for name, call in {
        "get": lambda: s3.get_object(**at, **under(KEY)),
        "head": lambda: s3.head_object(**at, **under(KEY)),
        "range": lambda: s3.get_object(**at, Range="bytes=1000-1999", **under(KEY)),
        "get without the key": lambda: s3.get_object(**at),
        "head without the key": lambda: s3.head_object(**at),
        "get with another key": lambda: s3.get_object(**at, **under(OTHER)),
        "head with another key": lambda: s3.head_object(**at, **under(OTHER)),
        "get of a plain object with a key": lambda: s3.get_object(Bucket=bucket, Key="plain", **under(KEY)),
        "put with another key's digest": lambda: s3.put_object(
            Bucket=bucket, Key="n", Body=b"x", SSECustomerKeyMD5="1B2M2Y8AsgTpgAmY7PhCfg==", **under(encoded(KEY))
        ),
        "put with a short key": lambda: s3.put_object(Bucket=bucket, Key="n", Body=b"x", **under(KEY[:16])),
        "copy without the key": lambda: s3.copy_object(Bucket=bucket, Key="copy", **source),
        "copy to another key": lambda: s3.copy_object(Bucket=bucket, Key="copy", **source, **from_source(KEY), **under(OTHER)),
        "the copy with its key": lambda: s3.get_object(Bucket=bucket, Key="copy", **under(OTHER)),
        "the copy with the source's": lambda: s3.get_object(Bucket=bucket, Key="copy", **under(KEY)),
    }.items():
        seen[name] = outcome(call)
    seen.update(parts(s3, bucket))
    seen["the parts' end"] = outcome(lambda: s3.get_object(Bucket=bucket, Key="parts", Range="bytes=5242878-", **under(KEY)))
    seen["the parts without the key"] = outcome(lambda: s3.get_object(Bucket=bucket, Key="parts"))
    return seen


if __name__ == "__main__":
    endpoint, region, access_key, secret_key, bucket = sys.argv[1:]
    json.dump(observe(client(endpoint, region, access_key, secret_key), bucket), sys.stdout)
