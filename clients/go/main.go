// Command release commits versions, waits for each, and reads errors. Arguments: gateway, service config, appid, number of
// commits.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	codev1 "wxa/code/v1"
)

// A deadline of a query covers the wait for earlier calls of the mini-program and for WeChat.
const deadline = 60 * time.Second

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
	connection, err := connect(os.Args[1], os.Args[2])
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

func check(err error) {
	if err != nil {
		log.Fatal(describe(err))
	}
}
