package stack

import (
	"errors"
	"slices"

	"github.com/aws/smithy-go"
)

// Denied reports whether AWS refused a call for want of permission.
func Denied(err error) bool {
	return hasCode(err, "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")
}

// Unauthenticated reports whether AWS did not accept the credentials.
func Unauthenticated(err error) bool {
	return hasCode(err,
		"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "UnrecognizedClientException",
		"SignatureDoesNotMatch", "InvalidSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
		"IncompleteSignature", "AuthFailure", "OptInRequired", "TokenRefreshRequired", "InvalidAccessKeyId")
}

// Exhausted reports whether a quota of the account is used up, which no repetition mends.
func Exhausted(err error) bool {
	return hasCode(err, "LimitExceeded", "LimitExceededFault", quotaCode, "CodeStorageExceededException", "OverLimit")
}

func hasCode(err error, codes ...string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode())
}
