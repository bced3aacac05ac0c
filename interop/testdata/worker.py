"""A worker: takes jobs from the queue at QUEUE_URL, one at a time, until its instance goes."""

import os, signal, threading, boto3, time

queue, sqs = os.environ["QUEUE_URL"], boto3.client("sqs")
leave = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: leave.set())  # finish the job in hand, take no other


def work(job):
    print("working on", job, flush=True)
    time.sleep(4)  # yours


def keep(receipt, done):  # the job is ours for as long as we live
    while not done.wait(60):
        sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=receipt, VisibilityTimeout=900)


while not leave.is_set():
    for m in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10).get("Messages", []):
        done = threading.Event()
        threading.Thread(target=keep, args=(m["ReceiptHandle"], done), daemon=True).start()
        work(m["Body"])
        done.set()
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=m["ReceiptHandle"])
