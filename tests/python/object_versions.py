"""What boto3 sees of a bucket that keeps versions: one scenario, whatever the S3 is.

`object_versions.py ENDPOINT REGION ACCESS_KEY SECRET_KEY BUCKET` prints the outcome of every step as JSON. The bucket must
exist, be empty, and never have kept versions. Ids are each S3's own: they are named by the order of their first appearance.
"""

import json
import sys

from botocore.exceptions import ClientError

from customer_keys import client

MOST_PAGES = 60
KEY = "a b/\u00fc+1"


class Scenario:
    def __init__(self, s3, bucket):
        self.s3, self.bucket = s3, bucket
        self.names = {}
        self.seen = {}

    def name(self, version):
        if version in (None, "", "null"):
            return version
        return self.names.setdefault(version, f"v{len(self.names) + 1}")

    def step(self, step, operation, key=KEY, **given):
        """Makes a call and notes its outcome; returns the version id that the answer names."""
        call = getattr(self.s3, operation)
        try:
            answer = call(Bucket=self.bucket, **({"Key": key} if key else {}), **given)
        except ClientError as refused:
            answer = refused.response
            headers = answer["ResponseMetadata"]["HTTPHeaders"]
            marker = headers.get("x-amz-delete-marker")
            self.seen[step] = [answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], marker]
            return None
        noted = {
            "version": self.name(answer.get("VersionId")),
            "marker": answer.get("DeleteMarker"),
            "source": self.name(answer.get("CopySourceVersionId")),
            "body": answer["Body"].read().decode() if "Body" in answer else None,
        }
        self.seen[step] = {name: value for name, value in noted.items() if value is not None}
        return answer.get("VersionId")

    def put(self, step, body, key=KEY, **given):
        return self.step(step, "put_object", key, Body=body.encode(), **given)

    def listing(self, step, **given):
        """All pages: versions and markers of each, common prefixes, and where the next begins."""
        pages, marker = [], {}
        while True:
            page = self.s3.list_object_versions(Bucket=self.bucket, **given, **marker)
            line = lambda one: [one["Key"], self.name(one["VersionId"]), one["IsLatest"]]
            pages.append(
                {
                    "versions": [line(one) + [one["Size"]] for one in page.get("Versions", [])],
                    "markers": [line(one) for one in page.get("DeleteMarkers", [])],
                    "prefixes": [one["Prefix"] for one in page.get("CommonPrefixes", [])],
                }
            )
            if not page["IsTruncated"]:
                break
            if len(pages) == MOST_PAGES:
                pages = "does not end"
                break
            marker = {"KeyMarker": page["NextKeyMarker"]}
            if page.get("NextVersionIdMarker"):
                marker["VersionIdMarker"] = page["NextVersionIdMarker"]
        self.seen[step] = pages

    def versioning(self, status):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": status})


def observe(s3, bucket):
    """The outcome of every step."""
    on = Scenario(s3, bucket)
    on.put("put before", "before")
    on.step("get before", "get_object")
    on.listing("list before")
    on.versioning("Enabled")
    on.step("get what was before", "get_object")
    first = on.put("put 1", "one")
    second = on.put("put 2", "second")
    on.listing("list three")
    for name, version in {"1": first, "2": second, "null": "null"}.items():
        on.step(f"get version {name}", "get_object", VersionId=version)
        on.step(f"head version {name}", "head_object", VersionId=version)
    marker = on.step("delete", "delete_object")
    on.step("get deleted", "get_object")
    on.step("head deleted", "head_object")
    on.step("get the marker", "get_object", VersionId=marker)
    on.step("head the marker", "head_object", VersionId=marker)
    on.step("get version 1 of the deleted", "get_object", VersionId=first)
    on.listing("list with a marker")
    on.step("copy the deleted", "copy_object", "copy", CopySource={"Bucket": bucket, "Key": KEY})
    source = {"Bucket": bucket, "Key": KEY, "VersionId": first}
    on.step("copy version 1", "copy_object", "copy", CopySource=source)
    on.step("get the copy", "get_object", "copy")
    on.step("restore version 1", "copy_object", CopySource=source)
    on.step("get the restored", "get_object")
    again = on.step("delete again", "delete_object")
    on.step("remove the last marker", "delete_object", VersionId=again)
    on.step("get below a marker", "get_object")
    on.step("remove version 2", "delete_object", VersionId=second)
    on.step("remove version 2 again", "delete_object", VersionId=second)
    on.step("get version 2", "get_object", VersionId=second)
    on.listing("list what is left")
    parts(on, first)
    on.versioning("Suspended")
    on.put("put suspended", "suspended")
    on.step("get suspended", "get_object")
    on.put("put suspended again", "suspended again")
    on.listing("list suspended", Prefix=KEY)
    on.step("delete suspended", "delete_object")
    on.listing("list suspended and deleted", Prefix=KEY)
    on.step("remove the null marker", "delete_object", VersionId="null")
    on.step("get what is uncovered", "get_object")
    on.versioning("Enabled")
    on.put("put enabled again", "enabled again")
    pages(on)
    on.step("delete what never was", "delete_object", "never")
    on.listing("deleted and never written", Prefix="never")
    several(on)
    on.put("put to delete twice", "x", "twice")
    on.step("delete once", "delete_object", "twice")
    on.step("delete twice", "delete_object", "twice")
    on.seen["delete the bucket"] = refusal(lambda: s3.delete_bucket(Bucket=bucket))
    return on.seen


def refusal(call):
    try:
        call()
    except ClientError as refused:
        return [refused.response["ResponseMetadata"]["HTTPStatusCode"], refused.response["Error"]["Code"]]
    return None


def parts(on, version):
    """An upload whose only part is copied from a version."""
    at = {"Bucket": on.bucket, "Key": "parts"}
    upload = on.s3.create_multipart_upload(**at)["UploadId"]
    source = {"Bucket": on.bucket, "Key": KEY, "VersionId": version}
    part = on.s3.upload_part_copy(**at, UploadId=upload, PartNumber=1, CopySource=source)
    listed = [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]
    on.step("complete", "complete_multipart_upload", "parts", UploadId=upload, MultipartUpload={"Parts": listed})
    on.step("get the completed", "get_object", "parts")


def several(on):
    """DeleteObjects: a version and a marker, then a key."""
    version = on.put("put for the list", "x", "listed")
    marker = on.step("delete for the list", "delete_object", "hidden")
    named = [{"Key": "listed", "VersionId": version}, {"Key": "hidden", "VersionId": marker}]
    for step, objects in {"delete versions": named, "delete keys": [{"Key": "z"}]}.items():
        delete_several(on, step, objects)


def delete_several(on, step, objects):
    answer = on.s3.delete_objects(Bucket=on.bucket, Delete={"Objects": objects})
    deleted = []
    for one in answer["Deleted"]:
        names = [on.name(one.get(name)) for name in ("VersionId", "DeleteMarkerVersionId")]
        deleted.append([one["Key"], *names, one.get("DeleteMarker")])
    on.seen[step] = sorted(deleted, key=str)


def pages(on):
    for key in ("d/1", "d/2", "d/e/3", "\u00fc", "z"):
        on.put(f"put 1 {key}", "x", key)
        on.put(f"put 2 {key}", "xx", key)
    on.step("delete d/2", "delete_object", "d/2")
    on.listing("one page")
    on.listing("pages of one", MaxKeys=1)
    on.listing("pages of one in a folder", MaxKeys=1, Prefix="d/")
    on.listing("pages of two in a folder", MaxKeys=2, Prefix="d/")
    on.listing("folded", Delimiter="/")
    on.listing("folded in a folder", Delimiter="/", Prefix="d/")
    on.listing("folded pages of one", Delimiter="/", MaxKeys=1)


if __name__ == "__main__":
    endpoint, region, access_key, secret_key, bucket = sys.argv[1:]
    json.dump(observe(client(endpoint, region, access_key, secret_key), bucket), sys.stdout)
