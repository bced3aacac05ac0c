package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/eventscale/eventscale/internal/sandbox"
	"github.com/eventscale/eventscale/internal/stack"
)

// credentialsError says that there are no credentials to sign with.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string {
	if strings.Contains(e.err.Error(), "no EC2 IMDS role found") { // the last place of the chain: all others had none
		return "there are no AWS credentials in the environment, the profile or an instance role"
	}
	return fmt.Sprintf("getting AWS credentials: %v", e.err)
}
func (e *credentialsError) Unwrap() error { return e.err }
func (e *credentialsError) Hint() string {
	return "set AWS_PROFILE or --profile, or run `aws configure` or `aws sso login`; or add --sandbox to try it without an account"
}

// unreachable reports whether a request got no answer at all. That of a machine that is no EC2 instance,
// when its credentials are looked for, is the rule and no trouble of the network.
func unreachable(err error) bool {
	return is[*smithyhttp.RequestSendError](err) && !is[*credentialsError](err)
}

// noAnswer is what the SDK says of an answer that never came.
const noAnswer = "https response error StatusCode: 0, RequestID: , "

const (
	// sandboxRegion is the sandbox's, where the user names none.
	sandboxRegion = "us-east-1"

	// connecting is how long a connection may take to come about: a network that swallows every packet
	// shall be known in seconds.
	connecting = 5 * time.Second
)

func newHTTPClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithDialerOptions(func(d *net.Dialer) { d.Timeout = connecting })
}

// clients loads the AWS configuration as every AWS tool does, and makes the SDK's clients. The region of
// the state serves where no other is named.
func (a *app) clients(ctx context.Context, recordedRegion string) (*stack.Clients, error) {
	cfg, err := a.awsConfig(ctx)
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		cfg.Region = recordedRegion
	}
	if cfg.Region == "" {
		return nil, &stack.FieldError{
			Field: "region", Value: "", Allowed: "no AWS region is set",
			Advice: "for example --region us-east-1, or set AWS_REGION",
		}
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, &credentialsError{err}
	}
	return stack.NewClients(cfg), nil
}

func (a *app) awsConfig(ctx context.Context) (aws.Config, error) {
	if a.global.sandbox {
		return a.sandboxConfig()
	}
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(newHTTPClient()), // one for all services; left out, each makes its own
		config.WithAppID("eventscale"),
		config.WithRegion(a.global.region),
		config.WithSharedConfigProfile(a.global.profile),
		config.WithAPIOptions(a.apiOptions()),
		config.WithLogger(logging.Nop{}), // the SDK's own warnings are not for our users; errors are returned
	}
	if a.global.endpointURL != "" {
		options = append(options, config.WithBaseEndpoint(a.global.endpointURL))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return cfg, &usageError{text: fmt.Sprintf("reading the AWS configuration: %v", err), hint: "check --profile and the files in ~/.aws"}
	}
	cfg.HTTPClient = &noting{cfg.HTTPClient, &a.clock} // afterwards: AWS_CA_BUNDLE goes into the SDK's own kind only
	return cfg, nil
}

func (a *app) apiOptions() []func(*middleware.Stack) error {
	if !a.global.verbose {
		return nil
	}
	return []func(*middleware.Stack) error{logCalls(a.stderr)}
}

// sandboxConfig answers every call by the sandbox, whose world is kept in the state folder. Neither the
// user's AWS files nor their environment is read: nothing of a real account can be touched. The
// endpoint is where `eventscale sandbox serve` answers, so that the URLs in outputs can be used then.
func (a *app) sandboxConfig() (aws.Config, error) {
	if a.global.endpointURL != "" {
		return aws.Config{}, &usageError{text: "--sandbox and --endpoint-url exclude each other", hint: "leave one of them out"}
	}
	world, err := a.openWorld()
	if err != nil {
		return aws.Config{}, err
	}
	return aws.Config{
		Region:       cmp.Or(a.global.region, sandboxRegion),
		BaseEndpoint: aws.String("http://" + serveAddress),
		Credentials:  credentials.NewStaticCredentialsProvider("sandbox", "sandbox", ""),
		HTTPClient:   &noting{&http.Client{Transport: world}, &a.clock},
		APIOptions:   a.apiOptions(),
	}, nil
}

// openWorld returns the sandbox of the state folder, or the demo's own.
func (a *app) openWorld() (http.RoundTripper, error) {
	if a.world != nil {
		return a.world, nil
	}
	options, err := a.sandboxOptions(&worldSettings{})
	if err == nil {
		err = a.checkWorld()
	}
	if err != nil {
		return nil, err
	}
	return sandbox.Open(options)
}

// sandboxPath is the file that keeps the sandbox's world between commands.
func (a *app) sandboxPath() string { return filepath.Join(a.global.stateDir, "sandbox.json") }

// checkWorld refuses a world that others could have put before us: what jobs it holds, workers of ours would do.
func (a *app) checkWorld() error {
	name := filepath.Base(a.sandboxPath())
	if err := a.store().Check(name); err != nil {
		return err
	}
	return a.store().Check(name + ".lock")
}

// noting reads AWS's clock off each answer.
type noting struct {
	next  aws.HTTPClient
	clock *serverClock
}

// Do sends a request.
func (n *noting) Do(r *http.Request) (*http.Response, error) {
	answer, err := n.next.Do(r)
	if err == nil {
		n.clock.note(answer.Header)
	}
	return answer, err
}

// logCalls logs every call of the SDK: what, how long, how it ended; never what was sent.
func logCalls(w io.Writer) func(*middleware.Stack) error {
	logger := slog.New(slog.NewTextHandler(w, nil))
	log := middleware.InitializeMiddlewareFunc("eventscale:log", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		start := time.Now()
		out, metadata, err := next.HandleInitialize(ctx, in)
		id, _ := awsmiddleware.GetRequestIDMetadata(metadata)
		attrs := []any{
			"service", awsmiddleware.GetServiceID(ctx), "operation", awsmiddleware.GetOperationName(ctx),
			"elapsed", time.Since(start).Round(time.Millisecond), "request", id,
		}
		if err != nil {
			attrs = append(attrs, "error", stack.WithoutSecrets(err.Error(), in.Parameters))
		}
		logger.Info("aws", attrs...)
		return out, metadata, err
	})
	return func(s *middleware.Stack) error { return s.Initialize.Add(log, middleware.After) }
}
