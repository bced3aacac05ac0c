"""Tests of the handler against a fake SQS that keeps SQS's limits."""

import json
import os
import sys
import types
import unittest
from unittest import mock


class FakeSQS:
    """A queue that accepts messages unless told to fail them, and refuses batches as SQS does."""

    def __init__(self):
        self.bodies = []
        self.batches = []
        self.failures = {}  # body -> what each coming try to send it answers

    def send_message_batch(self, QueueUrl, Entries):
        assert QueueUrl == "https://queue.example/jobs", QueueUrl
        assert 1 <= len(Entries) <= 10, "TooManyEntriesInBatchRequest or EmptyBatchRequest"
        assert len({entry["Id"] for entry in Entries}) == len(Entries), "BatchEntryIdsNotDistinct"
        size = sum(len(entry["MessageBody"].encode()) for entry in Entries)
        assert size <= 1_048_576, "BatchRequestTooLong"
        self.batches.append([entry["MessageBody"] for entry in Entries])
        failed = [f for f in map(self._receive, Entries) if f]
        return {"Successful": [], "Failed": failed} if failed else {"Successful": []}

    def _receive(self, entry):
        body = entry["MessageBody"]
        if self.failures.get(body):
            return {"Id": entry["Id"], **self.failures[body].pop(0)}
        self.bodies.append(body)
        return None


BUSY = {"SenderFault": False, "Code": "ServiceUnavailable", "Message": "try again"}
REFUSED = {"SenderFault": True, "Code": "InvalidMessageContents", "Message": "bad characters"}

boto3 = types.ModuleType("boto3")
boto3.client = lambda service: {"sqs": FakeSQS()}[service]
sys.modules["boto3"] = boto3

import index  # noqa: E402  (boto3 must be the fake one by now)


class HandlerTest(unittest.TestCase):
    def setUp(self):
        self.queue = index.sqs = FakeSQS()
        self.pauses = []
        for patch in (
            mock.patch.dict(os.environ, QUEUE_URL="https://queue.example/jobs"),
            mock.patch("time.sleep", self.pauses.append),
        ):
            patch.start()
            self.addCleanup(patch.stop)

    def run_handler(self, event):
        """Runs the handler as Lambda does, and returns the jobs that arrived."""
        answer = index.handler(json.loads(json.dumps(event)), None)
        self.assertEqual(answer, {"sent": len(self.queue.bodies)})
        return [json.loads(body) for body in self.queue.bodies]

    def batch_sizes(self):
        return [len(batch) for batch in self.queue.batches]


def s3_record(key, **obj):
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-west-1",
        "eventTime": "2026-11-20T10:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": "videos"}, "object": {"key": key, **obj}},
    }


def sns_event(*messages):
    return {
        "Records": [
            {"EventSource": "aws:sns", "Sns": {"MessageId": str(i), "Message": message}}
            for i, message in enumerate(messages)
        ]
    }


S3_TEST = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "videos"}


class Events(HandlerTest):
    def test_s3_object_is_one_flat_job(self):
        record = s3_record("in/clip.mp4", size=7, eTag="abc", versionId="v1", sequencer="0A")
        self.assertEqual(
            self.run_handler({"Records": [record]}),
            [
                {
                    "bucket": "videos",
                    "key": "in/clip.mp4",
                    "size": 7,
                    "etag": "abc",
                    "version_id": "v1",
                    "sequencer": "0A",
                    "event": "ObjectCreated:Put",
                    "time": "2026-11-20T10:00:00.000Z",
                    "region": "eu-west-1",
                }
            ],
        )

    def test_s3_key_is_decoded(self):
        for encoded, key in {
            "my+holiday+%26+more.mp4": "my holiday & more.mp4",
            "a%2Bb%3Dc.txt": "a+b=c.txt",
            "gr%C3%B6%C3%9Fe/%E2%82%AC.txt": "größe/€.txt",
            "dir/100%25.txt": "dir/100%.txt",
        }.items():
            with self.subTest(encoded):
                self.queue.bodies.clear()
                [job] = self.run_handler({"Records": [s3_record(encoded)]})
                self.assertEqual(job["key"], key)

    def test_s3_deletion_has_neither_size_nor_etag(self):
        [job] = self.run_handler({"Records": [s3_record("gone")]})
        self.assertEqual((job["size"], job["etag"]), (None, None))

    def test_each_s3_record_is_a_job(self):
        jobs = self.run_handler({"Records": [s3_record(f"k{i}") for i in range(3)]})
        self.assertEqual([job["key"] for job in jobs], ["k0", "k1", "k2"])

    def test_s3_test_event_is_no_job(self):
        self.assertEqual(self.run_handler(S3_TEST), [])
        self.assertEqual(self.queue.batches, [])

    def test_sns_message_is_json_or_else_text(self):
        jobs = self.run_handler(sns_event('{"n": 1}', "hello, {", "", "17"))
        self.assertEqual(jobs, [{"n": 1}, "hello, {", "", 17])

    def test_s3_event_through_sns_is_one_job_an_object(self):
        s3_event = {"Records": [s3_record("a+b"), s3_record("c")]}
        jobs = self.run_handler(sns_event(json.dumps(s3_event), json.dumps(S3_TEST)))
        self.assertEqual([job["key"] for job in jobs], ["a b", "c"])

    def test_eventbridge_event_is_one_job_whole(self):
        event = {
            "version": "0",
            "detail-type": "Object Created",
            "source": "aws.s3",
            "detail": {"bucket": {"name": "videos"}, "object": {"key": "a b"}},
        }
        self.assertEqual(self.run_handler(event), [event])

    def test_list_is_one_job_an_element(self):
        self.assertEqual(self.run_handler([{"n": 1}, [2], "three"]), [{"n": 1}, [2], "three"])

    def test_empty_list_sends_nothing(self):
        self.assertEqual(self.run_handler([]), [])
        self.assertEqual(self.queue.batches, [])

    def test_any_other_json_is_one_job(self):
        for event in (
            {"prompt": "größe \u0000"},
            {},
            "text",
            42,
            None,
            {"Records": "of the court"},
            {"Records": 5},
            {"Records": [1, 2]},
            {"Records": [{"eventSource": "aws:kinesis"}]},
        ):
            with self.subTest(event):
                self.queue.bodies.clear()
                self.assertEqual(self.run_handler(event), [event])


class Batches(HandlerTest):
    def test_ten_jobs_a_batch(self):
        self.run_handler(list(range(23)))
        self.assertEqual(self.batch_sizes(), [10, 10, 3])

    def test_exactly_ten_jobs_are_one_batch(self):
        self.run_handler(list(range(10)))
        self.assertEqual(self.batch_sizes(), [10])

    def test_batch_is_cut_before_the_byte_limit(self):
        # A string's body has two quotes: two of these are exactly the limit.
        self.run_handler(["x" * 524_286] * 5)
        self.assertEqual(self.batch_sizes(), [2, 2, 1])

    def test_one_byte_over_the_limit_is_two_batches(self):
        self.run_handler(["x" * 524_286, "x" * 524_287])
        self.assertEqual(self.batch_sizes(), [1, 1])

    def test_largest_possible_job_is_sent(self):
        self.run_handler(["x" * (1_048_576 - 2), 1])
        self.assertEqual(self.batch_sizes(), [1, 1])

    def test_size_is_counted_in_bytes(self):
        self.run_handler(["€" * 100_000, "€" * 100_000])
        self.assertEqual(self.batch_sizes(), [1, 1])

    def test_oversize_job_is_refused_before_any_is_sent(self):
        with self.assertRaisesRegex(ValueError, r"job 12 of 12 is 1048577 bytes.*1048576"):
            self.run_handler([0] * 11 + ["x" * (1_048_576 - 1)])
        self.assertEqual(self.queue.batches, [])


class Failures(HandlerTest):
    def test_failed_entries_alone_are_sent_again(self):
        self.queue.failures = {"1": [BUSY, BUSY], "3": [BUSY]}
        self.assertCountEqual(self.run_handler([0, 1, 2, 3, 4]), [0, 1, 2, 3, 4])
        self.assertEqual(self.queue.batches, [["0", "1", "2", "3", "4"], ["1", "3"], ["1"]])
        self.assertEqual(self.pauses, [0.1, 0.2])

    def test_sender_fault_is_not_sent_again(self):
        self.queue.failures = {"1": [REFUSED], "2": [BUSY]}
        with self.assertRaisesRegex(RuntimeError, "1 of 3 jobs.*InvalidMessageContents: bad"):
            self.run_handler([0, 1, 2])
        self.assertEqual(self.queue.batches, [["0", "1", "2"], ["2"]])
        self.assertEqual(self.queue.bodies, ["0", "2"])

    def test_raises_when_jobs_remain_after_the_last_try(self):
        self.queue.failures = {"1": [BUSY] * 99}
        with self.assertRaisesRegex(RuntimeError, "1 of 2 jobs are not on the queue.*Unavailable"):
            self.run_handler([0, 1])
        self.assertEqual(self.batch_sizes(), [2, 1, 1, 1, 1])
        self.assertEqual(self.pauses, [0.1, 0.2, 0.4, 0.8])

    def test_failure_in_one_batch_does_not_keep_back_the_next(self):
        self.queue.failures = {"0": [REFUSED]}
        with self.assertRaises(RuntimeError):
            self.run_handler(list(range(15)))
        self.assertEqual(self.queue.bodies, [str(i) for i in range(1, 15)])

    def test_error_of_the_call_itself_is_raised(self):
        self.queue.send_message_batch = mock.Mock(side_effect=OSError("no route"))
        with self.assertRaisesRegex(OSError, "no route"):
            self.run_handler([1])

    def test_missing_queue_url_is_raised(self):
        del os.environ["QUEUE_URL"]
        with self.assertRaisesRegex(KeyError, "QUEUE_URL"):
            self.run_handler([1])


class FifoTest(unittest.TestCase):
    def send(self, event):
        """Runs the handler on a FIFO queue and returns the entries that it sent."""
        sent = []
        index.sqs = types.SimpleNamespace(
            send_message_batch=lambda QueueUrl, Entries: sent.extend(Entries) or {}
        )
        with mock.patch.dict(os.environ, QUEUE_URL="https://queue.example/jobs.fifo"):
            index.handler(event, types.SimpleNamespace(aws_request_id="r1"))
        return sent

    def test_a_named_group_is_kept_and_others_are_alone(self):
        sent = self.send([{"group": "a"}, {"group": "a"}, {"group": 7}, {"group": ""}, "text"])
        groups = [entry["MessageGroupId"] for entry in sent]
        self.assertEqual(groups, ["a", "a", "r1-2", "r1-3", "r1-4"])

    def test_a_retry_of_lambda_repeats_the_deduplication_ids(self):
        ids = [[e["MessageDeduplicationId"] for e in self.send(list(range(12)))] for _ in range(2)]
        self.assertEqual(ids[0], ids[1])
        self.assertEqual(len(set(ids[0])), 12)


if __name__ == "__main__":
    unittest.main()
