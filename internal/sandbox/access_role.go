package sandbox

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// mayFunctionSend returns nil where the policies of the function's role let it send to the queue, else what
// boto3 raises.
func (w *world) mayFunctionSend(r *request, f *function, queueURL string) *raised {
	name := aws.ToString(f.Configuration.Role)
	name = name[strings.LastIndexByte(name, '/')+1:]
	principal := "arn:" + r.partition + ":sts::" + r.account + ":assumed-role/" + name + "/" + *f.Configuration.FunctionName
	a := &asked{r, w, &sqs.SendMessageBatchInput{QueueUrl: &queueURL}}
	context := a.context("sqs:SendMessage")
	context["aws:principalarn"] = []string{aws.ToString(f.Configuration.Role)}
	access := Access{Action: "sqs:SendMessage", Resource: theQueue(a)[0], Context: context}
	verdict := w.Roles[strings.ToLower(name)].judge(access)
	if verdict == Allowed {
		return nil
	}
	why := denial{principal, access, verdict}.message("sqs:sendmessage")
	return &raised{"ClientError", "An error occurred (AccessDenied) when calling the SendMessageBatch operation: " + why}
}

// judge returns what the role's policies say together. One that the sandbox cannot judge allows nothing; a
// role that is gone has none.
func (o *role) judge(a Access) Verdict {
	verdict := Unmentioned
	if o == nil {
		return verdict
	}
	for _, document := range o.Policies {
		policy, err := ParsePolicy([]byte(document))
		if err != nil {
			continue
		}
		verdict = max(verdict, policy.Judge(a))
	}
	return verdict
}
