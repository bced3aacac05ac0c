"""Turns events into jobs: one message on the queue at QUEUE_URL for each record.

    event                    job
    S3                       each object: bucket, key (decoded), size, etag, ...
    SNS                      each message: if it is JSON, what that JSON would
                             make as an event of its own; else its text
    EventBridge              the event
    a list                   each element
    any other JSON           the event

On a FIFO queue a job that is an object with a text "group" is kept in order within
that group; any other job is alone in its group, so that workers need not wait for
each other. A job that Lambda sends again is not taken twice.

A message body is always JSON. Either every job reaches the queue or the handler
raises, and Lambda runs the event again: a job can come twice, but is not lost.
"""

import json
import os
import time
from urllib.parse import unquote_plus

import boto3

MAX_BATCH_JOBS = 10
MAX_BATCH_BYTES = 1024 * 1024  # SQS's limit for one message and for one batch
MAX_TRIES = 5
FIRST_PAUSE = 0.1  # seconds, doubled after each try: 1.5 s in all

# Built while Lambda starts the function, when it has more CPU than a request gets.
sqs = boto3.client("sqs")


def handler(event, context):
    """Puts the jobs of an event on the queue and returns how many they were."""
    found = list(jobs(event))
    bodies = [json.dumps(job) for job in found]
    refuse_oversize(bodies)
    messages = [{"MessageBody": body} for body in bodies]
    if os.environ["QUEUE_URL"].endswith(".fifo"):
        for number, (message, job) in enumerate(zip(messages, found)):
            message.update(order(job, f"{context.aws_request_id}-{number}"))
    errors = [error for batch in batches(messages) for error in send(batch)]
    if errors:
        raise RuntimeError(
            f"{len(errors)} of {len(bodies)} jobs are not on the queue: {errors[0]}"
        )
    return {"sent": len(bodies)}


def order(job, unique):
    """Says what a FIFO queue must know of a job; a retry of Lambda has the same request ID."""
    group = job.get("group") if isinstance(job, dict) else None
    named = isinstance(group, str) and group
    return {
        "MessageGroupId": group if named else unique,
        "MessageDeduplicationId": unique,
    }


def jobs(event):
    """Yields the jobs that an event stands for."""
    if isinstance(event, list):
        yield from event
    elif is_s3_test(event):
        return
    elif records_from(event, "aws:s3"):
        yield from map(object_job, event["Records"])
    elif records_from(event, "aws:sns"):
        for record in event["Records"]:
            yield from message_jobs(record["Sns"]["Message"])
    else:
        yield event


def is_s3_test(event):
    """Tells S3's one message that is about no object, sent when a bucket is connected."""
    return isinstance(event, dict) and event.get("Event") == "s3:TestEvent"


def records_from(event, source):
    """Tells whether an event is a batch of records from one AWS service."""
    records = event.get("Records") if isinstance(event, dict) else None
    return isinstance(records, list) and all(
        # S3 writes eventSource, SNS EventSource.
        isinstance(record, dict)
        and source in (record.get("eventSource"), record.get("EventSource"))
        for record in records
    )


def object_job(record):
    """Says in one flat job what happened to one S3 object."""
    s3, obj = record["s3"], record["s3"]["object"]
    return {
        "bucket": s3["bucket"]["name"],
        "key": unquote_plus(obj["key"]),
        "size": obj.get("size"),  # None, as is the ETag, where the object was deleted
        "etag": obj.get("eTag"),
        "version_id": obj.get("versionId"),
        "sequencer": obj.get("sequencer"),  # orders the events of one key
        "event": record.get("eventName"),
        "time": record.get("eventTime"),
        "region": record.get("awsRegion"),
    }


def message_jobs(message):
    """Returns the jobs of one SNS message: S3 publishes whole events through SNS."""
    try:
        return jobs(json.loads(message))
    except ValueError:
        return [message]


def refuse_oversize(bodies):
    """Raises if a job can never be sent, before any other is."""
    for number, body in enumerate(bodies, start=1):
        if len(body) > MAX_BATCH_BYTES:
            raise ValueError(
                f"job {number} of {len(bodies)} is {len(body)} bytes; "
                f"SQS takes at most {MAX_BATCH_BYTES}: {body[:80]}..."
            )


def batches(messages):
    """Cuts the jobs, in order, into batches that SQS accepts."""
    batch, size = [], 0
    for message in messages:
        # len counts bytes here: json.dumps writes ASCII, whatever the job holds.
        length = len(message["MessageBody"])
        if len(batch) == MAX_BATCH_JOBS or size + length > MAX_BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += length
    if batch:
        yield batch


def send(messages):
    """Sends one batch and returns an error for each job that is not on the queue.

    SQS accepts a batch job by job. What failed on SQS's side is sent again; what
    is our own fault (SenderFault) would only fail again.
    """
    entries = [{"Id": str(i), **message} for i, message in enumerate(messages)]
    refused, failed = [], []
    for attempt in range(MAX_TRIES):
        if attempt:
            time.sleep(FIRST_PAUSE * 2 ** (attempt - 1))
        answer = sqs.send_message_batch(QueueUrl=os.environ["QUEUE_URL"], Entries=entries)
        failures = answer.get("Failed", [])
        refused += [f for f in failures if f.get("SenderFault")]
        failed = [f for f in failures if not f.get("SenderFault")]
        again = {f["Id"] for f in failed}
        entries = [entry for entry in entries if entry["Id"] in again]
        if not entries:
            break
    return [f"{f['Code']}: {f.get('Message', '')}" for f in refused + failed]
