// Command release commits versions, waits for each, and reads errors. Arguments: gateway, service config, appid, number of
// commits.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	codev1 "wxa/code/v1"
)

// A deadline of a query covers the wait for earlier calls of the mini-program and for WeChat.
const deadline = 60 * time.Second

const attempts = 5

var final = map[codev1.OperationState]bool{
	codev1.OperationState_OPERATION_STATE_SUCCEEDED: true,
	codev1.OperationState_OPERATION_STATE_FAILED:    true,
	codev1.OperationState_OPERATION_STATE_CANCELLED: true,
}

type client struct {
	code       codev1.CodeManagementClient
	operations codev1.OperationsClient
	appid      string
}

func main() {
	config, err := os.ReadFile(os.Args[2])
	check(err)
	// The service config retries calls that fail with UNAVAILABLE. Without TLS, as `npm start`.
	connection, err := grpc.NewClient(os.Args[1],
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(string(config)),
		grpc.WithUnaryInterceptor(repeatCutOff))
	check(err)
	defer connection.Close()
	c := client{codev1.NewCodeManagementClient(connection), codev1.NewOperationsClient(connection), os.Args[3]}
	commits, err := strconv.Atoi(os.Args[4])
	check(err)
	for number := 1; number <= commits; number++ {
		c.commit(number)
	}
	c.pages()
	c.failedOperation()
	c.invalidRequest()
}

// repeatCutOff makes a call again if the connection is lost in the middle of its response, which the service config does not
// retry. The request needs a request_id. The deadline is that of all attempts together.
func repeatCutOff(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	for attempt := 1; ; attempt++ {
		err := invoke(ctx, method, request, reply, connection, options...)
		if status.Code(err) != codes.Unavailable || attempt == attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Second):
		}
	}
}

// commit is a change: it is accepted at once and runs later. The request_id makes a retry return the same operation.
func (c client) commit(number int) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	accepted, err := c.code.Commit(ctx, &codev1.CommitRequest{
		Appid:       c.appid,
		RequestId:   fmt.Sprintf("commit-%d", number),
		TemplateId:  proto.Int64(1),
		UserVersion: fmt.Sprintf("1.0.%d", number),
	})
	check(err)
	ended := c.waitUntilFinal(accepted.Id)
	fmt.Println(ended.RequestId, ended.State)
}

// waitUntilFinal waits in slices, so that no call outlives a proxy's limit.
func (c client) waitUntilFinal(id string) *codev1.Operation {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		operation, err := c.operations.WaitOperation(ctx, &codev1.WaitOperationRequest{
			Id: id, Timeout: durationpb.New(30 * time.Second), UntilFinal: true,
		})
		cancel()
		check(err)
		if final[operation.State] {
			return operation
		}
	}
}

// pages is a query: the call returns WeChat's answer.
func (c client) pages() {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	response, err := c.code.ListPages(ctx, &codev1.ListPagesRequest{Appid: c.appid, RequestId: "pages-1"})
	check(err)
	fmt.Println("pages", len(response.Pages))
}

// failedOperation reads WeChat's error of a change, which is in the operation.
func (c client) failedOperation() {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	accepted, err := c.code.Release(ctx, &codev1.ReleaseRequest{Appid: c.appid, RequestId: "release-1"})
	check(err)
	ended := c.waitUntilFinal(accepted.Id)
	fmt.Println(ended.RequestId, ended.State, ended.Error.Errcode, ended.Error.Reason)
}

// invalidRequest reads the details of an error of the call itself: here, which field is invalid.
func (c client) invalidRequest() {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	_, err := c.code.Commit(ctx, &codev1.CommitRequest{Appid: c.appid, UserVersion: "1.0.0"})
	fmt.Println(describe(err))
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
			words = append(words, fmt.Sprintf("retry after %d s", d.RetryDelay.Seconds))
		}
	}
	if len(words) == 1 {
		words = append(words, failed.Message())
	}
	return strings.Join(words, " ")
}

func check(err error) {
	if err != nil {
		log.Fatal(describe(err))
	}
}
