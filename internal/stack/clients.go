package stack

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
)

// Clients are the SDK's clients of all services that a stack is made of. They share the connections of
// the configuration's HTTP client.
type Clients struct {
	region      string
	sqs         *sqs.Client
	iam         *iam.Client
	logs        *cloudwatchlogs.Client
	lambda      *lambda.Client
	autoscaling *autoscaling.Client
	cloudwatch  *cloudwatch.Client
	sts         *sts.Client
}

// NewClients makes the clients of a configuration, which has an HTTP client. How often a call is repeated is
// not the configuration's to say. Calls in flight end when their context is cancelled. An endpoint that is not
// AWS's has not AWS's rates.
func NewClients(cfg aws.Config) *Clients { return newClients(cfg, cfg.BaseEndpoint == nil) }

func newClients(cfg aws.Config, paced bool) *Clients {
	cfg = repeating(cfg, paced)
	cfg.HTTPClient = finishing{cfg.HTTPClient}
	return &Clients{
		region:      cfg.Region,
		sqs:         sqs.NewFromConfig(cfg),
		iam:         iam.NewFromConfig(cfg),
		logs:        cloudwatchlogs.NewFromConfig(cfg),
		lambda:      lambda.NewFromConfig(cfg),
		autoscaling: autoscaling.NewFromConfig(cfg),
		cloudwatch:  cloudwatch.NewFromConfig(cfg, speakJSON),
		sts:         sts.NewFromConfig(cfg),
	}
}

// speakJSON makes CloudWatch's client speak JSON to an endpoint that is not AWS's: emulators as a rule
// do not know CBOR, which is all that the client speaks by itself.
func speakJSON(o *cloudwatch.Options) {
	if o.BaseEndpoint != nil {
		o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
	}
}

// callerAccount asks STS whose credentials these are.
func (c *Clients) callerAccount(ctx context.Context) (Account, error) {
	out, err := c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Account{}, concise(err)
	}
	caller, err := accountOf(aws.ToString(out.Arn))
	caller.ID, caller.Region = aws.ToString(out.Account), c.region
	return caller, err
}

// Region returns the region that the clients call.
func (c *Clients) Region() string { return c.region }
