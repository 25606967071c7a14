package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

const attempts = 5

// After a longer delay the caller should decide whether it still wants the call.
const longestDelay = 60 * time.Second

// connect connects with a service config, which retries calls that fail with UNAVAILABLE. With WXA_CA_FILE over TLS, with the API
// key or JWT of WXA_TOKEN_FILE; without it as `npm start`.
func connect(address, serviceConfig string) (*grpc.ClientConn, error) {
	config, err := os.ReadFile(serviceConfig)
	if err != nil {
		return nil, err
	}
	options, err := security()
	if err != nil {
		return nil, err
	}
	return grpc.NewClient(address,
		append(options, grpc.WithDefaultServiceConfig(string(config)), grpc.WithUnaryInterceptor(repeat))...)
}

func security() ([]grpc.DialOption, error) {
	ca := os.Getenv("WXA_CA_FILE")
	if ca == "" {
		return []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}, nil
	}
	tls, err := credentials.NewClientTLSFromFile(ca, "")
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(os.Getenv("WXA_TOKEN_FILE"))
	if err != nil {
		return nil, err
	}
	return []grpc.DialOption{
		grpc.WithTransportCredentials(tls),
		grpc.WithPerRPCCredentials(token(strings.TrimSpace(string(text)))),
	}, nil
}

// A token is an API key or a JWT, which goes with each call.
type token string

func (t token) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(t)}, nil
}

func (t token) RequireTransportSecurity() bool { return true }

// repeat makes a call again after the delay that its error allows. The request of a change needs a request_id. The deadline is
// that of all attempts together.
func repeat(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	for attempt := 1; ; attempt++ {
		err := invoke(ctx, method, request, reply, connection, options...)
		delay, canSucceed := retryDelay(err)
		if !canSucceed || delay > longestDelay || attempt == attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(delay):
		}
	}
}

// retryDelay gives the time after which the same request can succeed, and whether it can.
func retryDelay(err error) (time.Duration, bool) {
	failed := status.Convert(err)
	// The service config does not retry a call whose connection is lost in the middle of the response.
	delay, canSucceed := time.Second, failed.Code() == codes.Unavailable
	for _, detail := range failed.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			// WeChat refused a query: the same request_id returns the same error.
			if d.Metadata["api"] != "" {
				return 0, false
			}
		case *errdetails.RetryInfo:
			delay, canSucceed = d.RetryDelay.AsDuration(), true
		}
	}
	return delay, canSucceed
}

// describe gives status code, reason, invalid fields, and the delay after which a retry can succeed. An error that the
// client library raised itself has no details, for example if no gateway can be reached.
func describe(err error) string {
	failed := status.Convert(err)
	words := []string{failed.Code().String()}
	for _, detail := range failed.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			words = append(words, d.Reason)
		case *errdetails.BadRequest:
			for _, violation := range d.FieldViolations {
				words = append(words, violation.Field)
			}
		case *errdetails.RetryInfo:
			words = append(words, fmt.Sprintf("retry after %v", d.RetryDelay.AsDuration()))
		}
	}
	if len(words) == 1 {
		words = append(words, failed.Message())
	}
	return strings.Join(words, " ")
}
