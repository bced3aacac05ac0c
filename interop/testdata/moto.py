"""What eventscale itself does not do on a server: `group NAME MIN` makes a group, `user NAME` makes a user and
prints its access key, `policy NAME DOCUMENT` gives it one policy, `role NAME` makes a role, `list` lists all there is."""

import sys

import boto3


def group(name, min_size):
    ec2, autoscaling = boto3.client("ec2"), boto3.client("autoscaling")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    ec2.create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={"ImageId": image, "InstanceType": "g5.xlarge"}
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=int(min_size), MaxSize=20, DesiredCapacity=1,
        AvailabilityZones=["us-east-1a"], LaunchTemplate={"LaunchTemplateName": name, "Version": "$Latest"},
    )


def user(name):
    iam = boto3.client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    print(key["AccessKeyId"], key["SecretAccessKey"])


def policy(name, document):
    boto3.client("iam").put_user_policy(UserName=name, PolicyName="only", PolicyDocument=document)


def role(name):
    boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")


def everything():
    """Yields a line for each thing that a stack can consist of."""
    for url in boto3.client("sqs").list_queues().get("QueueUrls", []):
        yield "queue", url
    for role in boto3.client("iam").list_roles()["Roles"]:
        if not role["Path"].startswith("/aws-service-role/"):
            yield "role", role["RoleName"]
    for function in boto3.client("lambda").list_functions()["Functions"]:
        yield "function", function["FunctionName"]
    for log_group in boto3.client("logs").describe_log_groups()["logGroups"]:
        yield "log group", log_group["logGroupName"]
    for alarm in boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]:
        yield "alarm", alarm["AlarmName"]
    autoscaling = boto3.client("autoscaling")
    for policy in autoscaling.describe_policies()["ScalingPolicies"]:
        yield "policy", policy["PolicyName"]
    for found in autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]:
        yield "group", found["AutoScalingGroupName"]


commands = {"group": group, "user": user, "policy": policy, "role": role}
if sys.argv[1] in commands:
    commands[sys.argv[1]](*sys.argv[2:])
else:
    for kind, name in everything():
        print(kind, name)
