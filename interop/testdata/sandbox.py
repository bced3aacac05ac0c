"""Makes, reads, tags and deletes each kind of resource with boto3: `sandbox.py KIND`.

What is read back must be what was sent; what is deleted must be gone. A failed check ends the script.
"""

import io
import json
import sys
import zipfile

import boto3
from botocore.exceptions import ClientError

GROUP = "gpu-workers"
TAGS = {"team": "gpu", "eventscale:stack": "interop"}


def same(got, want):
    """Compares; of a dictionary only the keys that are wanted."""
    if isinstance(want, dict):
        got = {key: got.get(key) for key in want}
    assert got == want, f"got {got!r}, want {want!r}"


def refused(code, call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        same(error.response["Error"]["Code"], code)
    else:
        raise AssertionError(f"not refused with {code}")


def queue():
    sqs = boto3.client("sqs")
    dead = sqs.create_queue(QueueName="jobs-dlq", Attributes={"MessageRetentionPeriod": "1209600"})["QueueUrl"]
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*",
                       "Condition": {"Bool": {"aws:SecureTransport": "false"}}}],
    }
    attributes = {
        "VisibilityTimeout": "900", "ReceiveMessageWaitTimeSeconds": "20", "SqsManagedSseEnabled": "true",
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 5}),
    }
    url = sqs.create_queue(QueueName="jobs", Attributes=attributes, tags=TAGS)["QueueUrl"]
    same(sqs.get_queue_url(QueueName="jobs")["QueueUrl"], url)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy), "VisibilityTimeout": "60"})
    read = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    same(read, {**attributes, "VisibilityTimeout": "60"} | {"RedrivePolicy": read["RedrivePolicy"]})
    same(json.loads(read["RedrivePolicy"]), {"deadLetterTargetArn": dead_arn, "maxReceiveCount": 5})
    same(json.loads(read["Policy"]), policy)

    same(sqs.list_queue_tags(QueueUrl=url)["Tags"], TAGS)
    sqs.tag_queue(QueueUrl=url, Tags={"team": "cpu"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["eventscale:stack"])
    same(sqs.list_queue_tags(QueueUrl=url), {"Tags": {"team": "cpu"}})
    same(sorted(sqs.list_queues(QueueNamePrefix="jobs")["QueueUrls"]), sorted([url, dead]))
    messages(sqs, url)
    for each in url, dead:
        sqs.delete_queue(QueueUrl=each)
    refused("AWS.SimpleQueueService.NonExistentQueue", sqs.get_queue_url, QueueName="jobs")


def messages(sqs, url):
    sent = sqs.send_message(QueueUrl=url, MessageBody="first", MessageAttributes={
        "colour": {"DataType": "String", "StringValue": "blue"},
    })
    batch = sqs.send_message_batch(QueueUrl=url, Entries=[
        {"Id": str(i), "MessageBody": f"job {i}"} for i in range(3)
    ])
    same([entry["Id"] for entry in batch["Successful"]], ["0", "1", "2"])
    received = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
    )["Messages"]
    same(sorted(m["Body"] for m in received), ["first", "job 0", "job 1", "job 2"])
    first = next(m for m in received if m["MessageId"] == sent["MessageId"])
    same(first["MessageAttributes"]["colour"]["StringValue"], "blue")
    same(first["Attributes"]["ApproximateReceiveCount"], "1")
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    same(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"], dict(zip(counts, "13")))
    for message in received:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    same(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"], dict(zip(counts, "00")))


TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def listed(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def mapped(tags):
    return {tag["Key"]: tag["Value"] for tag in tags}


def role():
    iam = boto3.client("iam")
    made = iam.create_role(RoleName="ingest", AssumeRolePolicyDocument=json.dumps(TRUST), Description="for interop",
                           Tags=listed(TAGS))["Role"]
    read = iam.get_role(RoleName="ingest")["Role"]
    same(read, {"Arn": made["Arn"], "RoleId": made["RoleId"], "Description": "for interop",
                "AssumeRolePolicyDocument": TRUST, "Path": "/"})
    same(mapped(read["Tags"]), TAGS)
    iam.update_role(RoleName="ingest", Description="changed")
    same(iam.get_role(RoleName="ingest")["Role"]["Description"], "changed")
    refused("EntityAlreadyExists", iam.create_role, RoleName="ingest", AssumeRolePolicyDocument=json.dumps(TRUST))

    iam.tag_role(RoleName="ingest", Tags=listed({"team": "cpu"}))
    iam.untag_role(RoleName="ingest", TagKeys=["eventscale:stack"])
    same(mapped(iam.list_role_tags(RoleName="ingest")["Tags"]), {"team": "cpu"})

    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}
    iam.put_role_policy(RoleName="ingest", PolicyName="send", PolicyDocument=json.dumps(allowed))
    same(iam.list_role_policies(RoleName="ingest")["PolicyNames"], ["send"])
    same(iam.get_role_policy(RoleName="ingest", PolicyName="send"), {"PolicyDocument": allowed, "PolicyName": "send"})
    refused("DeleteConflict", iam.delete_role, RoleName="ingest")
    iam.delete_role_policy(RoleName="ingest", PolicyName="send")
    refused("NoSuchEntity", iam.get_role_policy, RoleName="ingest", PolicyName="send")
    iam.delete_role(RoleName="ingest")
    refused("NoSuchEntity", iam.get_role, RoleName="ingest")


def log_group():
    logs, name = boto3.client("logs"), "/aws/lambda/ingest"
    logs.create_log_group(logGroupName=name, tags=TAGS)
    logs.put_retention_policy(logGroupName=name, retentionInDays=14)
    (read,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    same(read, {"logGroupName": name, "retentionInDays": 14})
    arn = read["arn"].removesuffix(":*")
    same(logs.list_tags_for_resource(resourceArn=arn)["tags"], TAGS)
    logs.tag_resource(resourceArn=arn, tags={"team": "cpu"})
    logs.untag_resource(resourceArn=arn, tagKeys=["eventscale:stack"])
    same(logs.list_tags_for_resource(resourceArn=arn)["tags"], {"team": "cpu"})
    refused("ResourceAlreadyExistsException", logs.create_log_group, logGroupName=name)
    logs.delete_log_group(logGroupName=name)
    same(logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"], [])


def package(text):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", text)
    return packed.getvalue()


def function():
    iam, functions = boto3.client("iam"), boto3.client("lambda")
    arn = iam.create_role(RoleName="ingest", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    wanted = {"Handler": "index.handler", "Runtime": "python3.13", "MemorySize": 256, "Timeout": 30, "Role": arn,
              "Architectures": ["arm64"], "Environment": {"Variables": {"QUEUE_URL": "http://queue"}}}
    made = functions.create_function(FunctionName="ingest", Code={"ZipFile": package("def handler(e, c): pass")},
                                     Tags=TAGS, **wanted)
    functions.get_waiter("function_active_v2").wait(FunctionName="ingest", WaiterConfig={"Delay": 1})
    read = functions.get_function(FunctionName="ingest")
    same(read["Configuration"], {**wanted, "State": "Active", "CodeSha256": made["CodeSha256"]})
    same(read["Tags"], TAGS)

    functions.update_function_configuration(FunctionName="ingest", MemorySize=512)
    functions.get_waiter("function_updated_v2").wait(FunctionName="ingest", WaiterConfig={"Delay": 1})
    changed = functions.update_function_code(FunctionName="ingest", ZipFile=package("def handler(e, c): return 1"))
    assert changed["CodeSha256"] != made["CodeSha256"]
    functions.get_waiter("function_updated_v2").wait(FunctionName="ingest", WaiterConfig={"Delay": 1})
    same(functions.get_function_configuration(FunctionName="ingest"), {"MemorySize": 512, "CodeSha256": changed["CodeSha256"]})

    functions.tag_resource(Resource=made["FunctionArn"], Tags={"team": "cpu"})
    functions.untag_resource(Resource=made["FunctionArn"], TagKeys=["eventscale:stack"])
    same(functions.list_tags(Resource=made["FunctionArn"])["Tags"], {"team": "cpu"})
    same([f["FunctionName"] for f in functions.list_functions()["Functions"]], ["ingest"])
    refused("ResourceConflictException", functions.create_function, FunctionName="ingest",
            Code={"ZipFile": package("")}, **wanted)
    functions.delete_function(FunctionName="ingest")
    refused("ResourceNotFoundException", functions.get_function, FunctionName="ingest")
    iam.delete_role(RoleName="ingest")


SIMPLE = {"PolicyType": "SimpleScaling", "AdjustmentType": "ChangeInCapacity", "ScalingAdjustment": 2, "Cooldown": 300}


def policy():
    autoscaling = boto3.client("autoscaling")
    name = {"AutoScalingGroupName": GROUP, "PolicyName": "scale-out"}
    arn = autoscaling.put_scaling_policy(**name, **SIMPLE)["PolicyARN"]
    same(autoscaling.put_scaling_policy(**name, **{**SIMPLE, "ScalingAdjustment": 4})["PolicyARN"], arn)
    (read,) = autoscaling.describe_policies(AutoScalingGroupName=GROUP, PolicyNames=["scale-out"])["ScalingPolicies"]
    same(read, {**name, **SIMPLE, "ScalingAdjustment": 4, "PolicyARN": arn, "Enabled": True, "Alarms": []})
    autoscaling.delete_policy(**name)
    same(autoscaling.describe_policies(AutoScalingGroupName=GROUP)["ScalingPolicies"], [])


def metrics_collection():
    autoscaling = boto3.client("autoscaling")

    def enabled():
        (found,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])["AutoScalingGroups"]
        return [metric["Metric"] for metric in found["EnabledMetrics"]]

    autoscaling.enable_metrics_collection(
        AutoScalingGroupName=GROUP, Metrics=["GroupInServiceInstances"], Granularity="1Minute"
    )
    same(enabled(), ["GroupInServiceInstances"])
    autoscaling.disable_metrics_collection(AutoScalingGroupName=GROUP, Metrics=["GroupInServiceInstances"])
    same(enabled(), [])


def alarm():
    autoscaling, cloudwatch = boto3.client("autoscaling"), boto3.client("cloudwatch")
    action = autoscaling.put_scaling_policy(AutoScalingGroupName=GROUP, PolicyName="scale-in", **SIMPLE)["PolicyARN"]
    common = {"EvaluationPeriods": 2, "DatapointsToAlarm": 2, "Threshold": 2.0, "TreatMissingData": "notBreaching",
              "ComparisonOperator": "LessThanOrEqualToThreshold", "AlarmActions": [action], "ActionsEnabled": True}
    visible = {"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible",
               "Dimensions": [{"Name": "QueueName", "Value": "jobs"}]}
    plain = {"AlarmName": "plain", **common, **visible, "Statistic": "Maximum", "Period": 60}
    in_flight = {**visible, "MetricName": "ApproximateNumberOfMessagesNotVisible"}
    sum_of_both = {"AlarmName": "math", **common, "Metrics": [
        {"Id": "backlog", "Expression": "visible + in_flight", "ReturnData": True},
        {"Id": "visible", "MetricStat": {"Metric": visible, "Period": 60, "Stat": "Maximum"}, "ReturnData": False},
        {"Id": "in_flight", "MetricStat": {"Metric": in_flight, "Period": 60, "Stat": "Maximum"}, "ReturnData": False},
    ]}
    for wanted in plain, sum_of_both:
        cloudwatch.put_metric_alarm(**wanted, Tags=listed(TAGS))
        (read,) = cloudwatch.describe_alarms(AlarmNames=[wanted["AlarmName"]])["MetricAlarms"]
        same(read, {**wanted, "StateValue": "INSUFFICIENT_DATA"})
    tag_alarm(cloudwatch, read["AlarmArn"])
    (used,) = autoscaling.describe_policies(AutoScalingGroupName=GROUP)["ScalingPolicies"]
    same(sorted(alarm["AlarmName"] for alarm in used["Alarms"]), ["math", "plain"])
    cloudwatch.set_alarm_state(AlarmName="plain", StateValue="OK", StateReason="interop")
    same(cloudwatch.describe_alarms(StateValue="OK")["MetricAlarms"][0]["AlarmName"], "plain")
    cloudwatch.delete_alarms(AlarmNames=["plain", "math"])
    same(cloudwatch.describe_alarms()["MetricAlarms"], [])
    autoscaling.delete_policy(AutoScalingGroupName=GROUP, PolicyName="scale-in")


def tag_alarm(cloudwatch, arn):
    cloudwatch.tag_resource(ResourceARN=arn, Tags=listed({"team": "cpu"}))
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["eventscale:stack"])
    same(mapped(cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]), {"team": "cpu"})


KINDS = [queue, role, log_group, function, policy, metrics_collection, alarm]
{kind.__name__: kind for kind in KINDS}[sys.argv[1]]()
