import json
import os
import uuid
from datetime import datetime, timezone

import boto3
from botocore.exceptions import ClientError

BUCKET = os.environ["BUCKET"]
s3 = boto3.client("s3")


def handler(event, context):
    operation = OPERATIONS[event["httpMethod"], event["resource"]]
    try:
        return operation(event)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return answer(404, {"message": "There is no such note"})
        raise


def list_notes(event):
    notes = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="notes/"):
        notes += [read(entry["Key"]) for entry in page.get("Contents", [])]
    return answer(200, {"notes": notes})


def create_note(event):
    now = datetime.now(timezone.utc).isoformat()
    return answer(201, write({"id": str(uuid.uuid4()), "text": text_of(event), "created": now}))


def read_note(event):
    return answer(200, read(key_of(event)))


def replace_note(event):
    return answer(200, write({**read(key_of(event)), "text": text_of(event)}))


def delete_note(event):
    s3.delete_object(Bucket=BUCKET, Key=key_of(event))
    return answer(204)


OPERATIONS = {
    ("GET", "/notes"): list_notes,
    ("POST", "/notes"): create_note,
    ("GET", "/notes/{id}"): read_note,
    ("PUT", "/notes/{id}"): replace_note,
    ("DELETE", "/notes/{id}"): delete_note,
}


def key_of(event):
    return f"notes/{event['pathParameters']['id']}.json"


def text_of(event):
    return json.loads(event["body"])["text"]


def read(key):
    return json.load(s3.get_object(Bucket=BUCKET, Key=key)["Body"])


def write(note):
    key = f"notes/{note['id']}.json"
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(note), ContentType="application/json")
    return note


def answer(status, body=None):
    headers = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
    return {"statusCode": status, "headers": headers, "body": "" if body is None else json.dumps(body)}
