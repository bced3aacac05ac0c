package stack

import (
	"errors"
	"slices"

	"github.com/aws/smithy-go"
)

// Denied reports whether AWS refused a call for want of permission.
func Denied(err error) bool {
	return hasCode(err, "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "NotAuthorized")
}

// Unauthenticated reports whether AWS did not accept the credentials.
func Unauthenticated(err error) bool {
	return hasCode(err,
		"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "UnrecognizedClientException",
		"SignatureDoesNotMatch", "InvalidSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
		"IncompleteSignature", "AuthFailure", "OptInRequired", "TokenRefreshRequired", "InvalidAccessKeyId",
		"RequestTimeTooSkewed", "RequestInTheFuture") // of a clock that the SDK could not allow for
}

// Unenabled reports whether AWS answered as it does in a region that the account has not enabled, where it knows
// no credentials of it, however good they are.
// https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
func Unenabled(err error) bool {
	return hasCode(err, "UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure", "OptInRequired")
}

// Exhausted reports whether a quota of the account is used up, which no repetition mends.
func Exhausted(err error) bool {
	return hasCode(err, "LimitExceeded", "LimitExceededFault", quotaCode, "CodeStorageExceededException", "OverLimit")
}

func hasCode(err error, codes ...string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode())
}
