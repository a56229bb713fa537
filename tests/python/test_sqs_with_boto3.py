"""The dev stack's SQS answers a script of calls as moto's does: two implementations that know nothing of each other.

Run by scripts/test. Needs boto3, moto[server] and the built `keyfront` and edge bundle. The script runs on the queue of dead letters, which
nobody reads.
"""

import json
import pathlib
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from local_stack import LocalStack


# What the XML protocol calls it, which moto says in a header that boto3 prefers.
OLDER_NAMES = {"NonExistentQueue": "QueueDoesNotExist"}


def answered(call, **arguments):
    """What a call answers, or the code it is refused with."""
    try:
        answer = call(**arguments)
    except ClientError as refused:
        code = refused.response["Error"]["Code"].rsplit(".", 1)[-1]
        return OLDER_NAMES.get(code, code)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def shape(answer):
    """The answer without what differs from run to run."""
    if not isinstance(answer, dict):
        return answer
    messages = [
        {
            "body": message["Body"],
            "md5": message["MD5OfBody"],
            "count": message.get("Attributes", {}).get("ApproximateReceiveCount"),
        }
        for message in answer.get("Messages", [])
    ]
    return {"messages": messages, "md5": answer.get("MD5OfMessageBody")}


def script(sqs, queue):
    """Answers of one call after the other."""
    seen = []

    def note(call, **arguments):
        answer = answered(call, QueueUrl=queue, **arguments)
        seen.append(shape(answer))
        return answer

    def receive(**arguments):
        names = ["ApproximateReceiveCount"]
        answer = note(sqs.receive_message, MessageSystemAttributeNames=names, WaitTimeSeconds=0, **arguments)
        return [message["ReceiptHandle"] for message in answer.get("Messages", [])]

    note(sqs.send_message, MessageBody=json.dumps({"site": "docs", "n": 1}))
    (first,) = receive(VisibilityTimeout=60)
    receive()
    note(sqs.change_message_visibility, ReceiptHandle=first, VisibilityTimeout=0)
    (second,) = receive(VisibilityTimeout=60)
    note(sqs.delete_message, ReceiptHandle=second)
    note(sqs.delete_message, ReceiptHandle=second)
    receive()
    note(sqs.send_message, MessageBody="later \u00e9", DelaySeconds=1)
    receive()
    time.sleep(1.3)
    (third,) = receive(VisibilityTimeout=1)
    time.sleep(1.3)
    (again,) = receive(VisibilityTimeout=60)
    note(sqs.delete_message, ReceiptHandle=again)
    for body in ("one", "two", "three"):
        note(sqs.send_message, MessageBody=body)
    batch = receive(MaxNumberOfMessages=10, VisibilityTimeout=60)
    for receipt in batch:
        note(sqs.delete_message, ReceiptHandle=receipt)
    note(sqs.send_message, MessageBody="x", DelaySeconds=901)
    note(sqs.delete_message, ReceiptHandle="none")
    note(sqs.receive_message, MaxNumberOfMessages=11)
    seen.append(answered(sqs.send_message, QueueUrl=queue + "-none", MessageBody="x"))
    return seen


class Sqs(unittest.TestCase):
    def test_a_script_of_calls_is_answered_as_by_moto(self):
        stack = LocalStack()
        self.addCleanup(stack.stop)
        endpoints = json.loads(pathlib.Path(stack._folder.name, "endpoints.json").read_text())
        keys = stack.dev["credentials"]["admin"]
        config = Config(retries={"max_attempts": 1})
        ours = boto3.client(
            "sqs",
            endpoint_url=endpoints["sqs_url"],
            region_name=stack.dev["region"],
            aws_access_key_id=keys["access_key_id"],
            aws_secret_access_key=keys["secret_access_key"],
            config=config,
        )
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        self.addCleanup(server.stop)
        host, port = server.get_host_and_port()
        theirs = boto3.client(
            "sqs",
            endpoint_url=f"http://{host}:{port}",
            region_name=stack.dev["region"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=config,
        )
        queue = theirs.create_queue(QueueName="failed")["QueueUrl"]
        own = f"{endpoints['sqs_url']}/111122223333/keyfront-releases-failed"
        self.assertEqual(script(ours, own), script(theirs, queue))
        # moto takes every text; SQS documents which characters there may be.
        refused = answered(ours.send_message, QueueUrl=own, MessageBody="\u0001")
        self.assertEqual(refused, "InvalidMessageContents")


if __name__ == "__main__":
    unittest.main()
