package stack

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// trouble is why an attempt at a call failed, as far as it matters to whether another may do better.
type trouble int

const (
	lasting   trouble = iota // another attempt would do no better
	throttled                // AWS was asked too often
	colliding                // another change to the same object is under way
	faltering                // AWS broke down: a status of 5xx
	unreached                // no connection came about
	cut                      // the connection broke, or nothing moved on it any more
	garbled                  // the answer cannot be read: whether the call had its effect is not known
)

// troubleOf tells troubles apart. All that the SDK would repeat is repeated, and some more.
func troubleOf(err error) trouble {
	var unreadable *smithy.DeserializationError
	var dial *net.OpError
	switch {
	case distrusted(err), hasCode(err, quotaCode):
		return lasting
	case throttles.IsErrorThrottle(err).Bool():
		return throttled
	case hasCode(err, collisionCodes...):
		return colliding
	case errors.As(err, &unreadable) && status(err) <= http.StatusInternalServerError:
		return garbled
	case !standard.IsErrorRetryable(err).Bool():
		return lasting
	case status(err) != 0:
		return faltering
	case errors.As(err, &dial) && dial.Op == "dial":
		return unreached
	}
	return cut
}

// What the SDK knows of errors.
var (
	throttles = retry.IsErrorThrottles(retry.DefaultThrottles)
	standard  = retry.IsErrorRetryables(retry.DefaultRetryables)
)

// quotaCode is a quota that is used up, in the services that we call: CloudWatch Logs has so many log
// groups in an account. The SDK takes it for a throttle.
const quotaCode = "LimitExceededException"

// collisionCodes pass in seconds, and the SDK does not repeat them: IAM while another change to the same role is
// under way, CloudWatch Logs while one to the same log group is.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
var collisionCodes = []string{
	"ConcurrentModification", "ConcurrentModificationException", "EntityTemporarilyUnmodifiable", "OperationAbortedException",
}

// distrusted reports whether the server is not one that may be spoken to: a proxy with a certificate of its
// own, or one that speaks no TLS.
func distrusted(err error) bool {
	var certificate *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	return errors.As(err, &certificate) || errors.As(err, &header)
}

// status returns the HTTP status of an answer, 0 where none came.
func status(err error) int {
	var answer *smithyhttp.ResponseError
	if !errors.As(err, &answer) || answer.Response == nil || answer.Response.Response == nil {
		return 0
	}
	return answer.HTTPStatusCode()
}

// How long a trouble is borne, from the first attempt that met it.
const (
	// patienceThrottled outlasts an account in which hundreds of stacks are made at once: at three alarms a
	// second, the rate of AWS, those of 200 stacks take over three minutes in the best case.
	patienceThrottled = 10 * time.Minute

	// patienceFaltering outlasts a bad minute of AWS.
	patienceFaltering = 3 * time.Minute

	patienceColliding = time.Minute

	// patienceCut is three attempts of a server that takes calls and never answers.
	patienceCut = 45 * time.Second

	// patienceUnreached: who has no network wants to know it soon. Who had one a moment ago has a run
	// under way that is worth a minute.
	patienceUnreached = 10 * time.Second
	patienceLost      = time.Minute

	// mostGarbled: an answer is cut now and then; one that is never readable is no answer of AWS.
	mostGarbled = 8
)

// patience returns how long the trouble is borne, and how many attempts that meet it; 0 for any number.
func (t trouble) patience(reached bool) (most time.Duration, attempts int) {
	switch t {
	case throttled:
		return patienceThrottled, 0
	case faltering:
		return patienceFaltering, 0
	case colliding:
		return patienceColliding, 0
	case cut:
		return patienceCut, 0
	case garbled:
		return patienceCut, mostGarbled
	case unreached:
		if reached {
			return patienceLost, 0
		}
		return patienceUnreached, 0
	}
	return 0, 0
}

// gaveUpError says how long a call was repeated in vain.
type gaveUpError struct {
	trouble  trouble
	attempts int
	after    time.Duration
}

func (e *gaveUpError) Error() string {
	return fmt.Sprintf("tried %d times in %s", e.attempts, e.after.Round(time.Second))
}

// Hint says what to do.
func (e *gaveUpError) Hint() string {
	switch e.trouble {
	case throttled:
		return "AWS refuses more calls: another program uses up the account's rate; wait, and run the same command again"
	case faltering:
		return "AWS breaks down at this call: see https://health.aws.amazon.com, and run the same command again later"
	case garbled:
		return notAWS
	}
	return ""
}

const notAWS = "this is no answer of AWS: check proxies, --region and --endpoint-url (AWS_ENDPOINT_URL)"

// answered reports whether a server answered at all.
func answered(err error) bool {
	t := troubleOf(err)
	return err == nil || t != unreached && t != cut && (t != lasting || status(err) >= http.StatusOK)
}
