package sandbox

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
)

// wire is what the protocols must know of one service and cannot see in the SDK's types.
type wire struct {
	shapes    string // the namespace of the service's shapes, in an error's __type
	target    string // the service's name in X-Amz-Target and in the path of RPC v2
	version   string // the API's version, in the Query protocol
	namespace string // of its XML

	registry *smithy.TypeRegistry // the SDK's error types, where the module has them
	statuses map[string]int       // HTTP status by error code, where it has not; others are 400
	bindings []binding            // REST only: methods and paths

	queryCompatible bool // errors carry their Query code in a header
	lowerCamel      bool // members are spelled as in Go, but begin in lower case
	flat            bool // lists and maps of the Query protocol have no element around them
	leavesOutEmpty  bool // an empty list is left out of an answer, not sent empty

	lists      map[string][]string // members of a type, as on the wire, that are sent even when empty
	jsonNames  map[string]string   // members spelled otherwise than in Go, as "Type.Field"
	queryNames map[string]string   // the same in the Query protocol; also as "Field"
}

// wires returns the services by their signing names.
func wires() map[string]*wire {
	return map[string]*wire{
		"sqs":         sqsWire(),
		"iam":         iamWire(),
		"sts":         {shapes: "com.amazonaws.sts", version: "2011-06-15", namespace: "https://sts.amazonaws.com/doc/2011-06-15/"},
		"autoscaling": autoscalingWire(),
		"logs": {
			shapes: "com.amazonaws.cloudwatchlogs", target: "Logs_20140328", version: "2014-03-28",
			registry: cloudwatchlogs.TypeRegistry, lowerCamel: true,
		},
		"monitoring": monitoringWire(),
		"lambda":     {shapes: "com.amazonaws.lambda", registry: lambda.TypeRegistry, bindings: lambdaBindings()},
	}
}

// sqsWire: SQS moved from Query to JSON in 2023 and kept its old names for old clients.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-faqs.html
func sqsWire() *wire {
	return &wire{
		shapes: "com.amazonaws.sqs", target: "AmazonSQS", version: "2012-11-05",
		namespace: "http://queue.amazonaws.com/doc/2012-11-05/",
		registry:  sqs.TypeRegistry, queryCompatible: true, flat: true, leavesOutEmpty: true,
		jsonNames: map[string]string{
			"CreateQueueInput.Tags":                      "tags",
			"ListDeadLetterSourceQueuesOutput.QueueUrls": "queueUrls",
		},
		queryNames: map[string]string{
			"AttributeNames":                      "AttributeName",
			"Attributes":                          "Attribute",
			"BinaryListValues":                    "BinaryListValue",
			"DeleteMessageBatchInput.Entries":     "DeleteMessageBatchRequestEntry",
			"DeleteMessageBatchOutput.Successful": "DeleteMessageBatchResultEntry",
			"Failed":                              "BatchResultErrorEntry",
			"MessageAttributeNames":               "MessageAttributeName",
			"MessageAttributes":                   "MessageAttribute",
			"MessageSystemAttributeNames":         "MessageSystemAttributeName",
			"MessageSystemAttributes":             "MessageSystemAttribute",
			"Messages":                            "Message",
			"QueueUrls":                           "QueueUrl",
			"SendMessageBatchInput.Entries":       "SendMessageBatchRequestEntry",
			"SendMessageBatchOutput.Successful":   "SendMessageBatchResultEntry",
			"StringListValues":                    "StringListValue",
			"TagKeys":                             "TagKey",
			"Tags":                                "Tag",
		},
	}
}

// iamWire: the statuses are those of IAM's model; all others there are 400.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html#API_CreateRole_Errors
func iamWire() *wire {
	return &wire{
		shapes: "com.amazonaws.iam", version: "2010-05-08", namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
		statuses: map[string]int{
			"ConcurrentModification":        http.StatusConflict,
			"DeleteConflict":                http.StatusConflict,
			"EntityAlreadyExists":           http.StatusConflict,
			"EntityTemporarilyUnmodifiable": http.StatusConflict,
			"LimitExceeded":                 http.StatusConflict,
			"NoSuchEntity":                  http.StatusNotFound,
			"NotSupportedService":           http.StatusNotFound,
			"ServiceFailure":                http.StatusInternalServerError,
		},
	}
}

// monitoringWire: CloudWatch's signing name is not its own.
func monitoringWire() *wire {
	return &wire{
		shapes: "com.amazonaws.cloudwatch", target: "GraniteServiceVersion20100801", version: "2010-08-01",
		namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
		registry:  cloudwatch.TypeRegistry, queryCompatible: true,
		lists: map[string][]string{
			"MetricAlarm": {"OKActions", "AlarmActions", "InsufficientDataActions", "Dimensions"},
		},
		jsonNames: map[string]string{
			"DashboardInvalidInputError.DashboardValidationMessages": "dashboardValidationMessages",
		},
	}
}

func autoscalingWire() *wire {
	return &wire{
		shapes: "com.amazonaws.autoscaling", version: "2011-01-01", namespace: "http://autoscaling.amazonaws.com/doc/2011-01-01/",
		statuses: map[string]int{
			"ResourceContention":       http.StatusInternalServerError,
			"ServiceLinkedRoleFailure": http.StatusInternalServerError,
		},
		// https://docs.aws.amazon.com/cli/latest/reference/autoscaling/describe-auto-scaling-groups.html#examples
		lists: map[string][]string{
			"AutoScalingGroup": {
				"EnabledMetrics", "Instances", "LoadBalancerNames", "SuspendedProcesses", "Tags", "TargetGroupARNs",
				"TerminationPolicies", "TrafficSources",
			},
			"PutScalingPolicyOutput": {"Alarms"},
			"ScalingPolicy":          {"Alarms", "StepAdjustments"},
		},
		queryNames: map[string]string{"CpuPerformanceFactorRequest.References": "Reference"},
	}
}

// jsonName returns the name of a field in the JSON and CBOR protocols.
func (w *wire) jsonName(owner reflect.Type, field string) string {
	if name, ok := w.jsonNames[owner.Name()+"."+field]; ok {
		return name
	}
	if w.lowerCamel {
		return strings.ToLower(field[:1]) + field[1:]
	}
	return field
}

// queryName returns the name of a field in the Query protocol.
func (w *wire) queryName(owner reflect.Type, field string) string {
	if name, ok := w.queryNames[owner.Name()+"."+field]; ok {
		return name
	}
	if name, ok := w.queryNames[field]; ok {
		return name
	}
	return field
}

// listItem returns the name of a list's items in XML, given the list's own.
func (w *wire) listItem(list string) string {
	if list == "Reference" { // Auto Scaling borrowed CpuPerformanceFactor from EC2, whose lists are so
		return "item"
	}
	return "member"
}

// variants lists the SDK's types of a union's members, because reflection cannot find what implements
// an interface. A member's name is what follows "Member" in its type's name.
func variants() []any {
	return []any{
		&cwtypes.EvaluationCriteriaMemberPromQLCriteria{},
		&cwtypes.EvaluationWindowMemberSlidingWindow{},
		&cwtypes.EvaluationWindowMemberWallClockWindow{},
	}
}
