package sandbox

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func (w *world) stsOperations() []operation {
	return []operation{
		op("GetCallerIdentity", w.getCallerIdentity),
	}
}

// getCallerIdentity answers as the account's root user would be answered, or where a policy binds the
// caller, as a user: the sandbox knows no users, and any access key is right.
func (w *world) getCallerIdentity(r *request, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	if w.gate.policy != nil {
		return &sts.GetCallerIdentityOutput{
			Account: aws.String(r.account), Arn: aws.String(r.callerARN()), UserId: aws.String("AIDASANDBOXSANDBOXSA"),
		}, nil
	}
	return &sts.GetCallerIdentityOutput{
		Account: aws.String(r.account),
		Arn:     aws.String("arn:" + r.partition + ":iam::" + r.account + ":root"),
		UserId:  aws.String(r.account),
	}, nil
}
