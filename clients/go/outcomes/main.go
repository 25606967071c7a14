// Command outcomes handles the outcomes of changes once each. Arguments: brokers, topic, group, number of outcomes to handle.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/IBM/sarama"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	codev1 "wxa/code/v1"
)

// An event is a message about one operation.
type event interface {
	proto.Message
	GetOperation() *codev1.Operation
}

// newEvent makes an empty message of a type; nil if it is unknown, because later versions may publish further types.
func newEvent(eventType string) event {
	switch eventType {
	case "wxa.code.v1.OperationCompleted":
		return &codev1.OperationCompleted{}
	case "wxa.code.v1.OperationInDoubt":
		return &codev1.OperationInDoubt{}
	}
	return nil
}

// consumer is called by one goroutine per partition.
type consumer struct {
	mutex sync.Mutex
	// handled has the events that were handled. A service keeps them in a table of its own, with ce_id as primary key, and
	// adds a row in the transaction of its work.
	handled map[string]bool
	wanted  int
	stop    context.CancelFunc
}

func main() {
	config := sarama.NewConfig()
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	// Offsets are committed after the work, so that a crash repeats it instead of losing it.
	config.Consumer.Offsets.AutoCommit.Enable = false
	check(secure(config))
	group, err := sarama.NewConsumerGroup(strings.Split(os.Args[1], ","), os.Args[3], config)
	check(err)
	defer group.Close()
	wanted, err := strconv.Atoi(os.Args[4])
	check(err)
	ctx, stop := context.WithCancel(context.Background())
	c := &consumer{handled: map[string]bool{}, wanted: wanted, stop: stop}
	// Consume returns at each rebalance.
	for ctx.Err() == nil {
		check(group.Consume(ctx, []string{os.Args[2]}, c))
	}
}

func (c *consumer) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (c *consumer) Cleanup(sarama.ConsumerGroupSession) error { return nil }

// ConsumeClaim handles the records of a partition one after the other: those of a mini-program are in one partition, in order.
func (c *consumer) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case record, isOpen := <-claim.Messages():
			if !isOpen {
				return nil
			}
			if err := c.take(record); err != nil {
				return err
			}
			session.MarkMessage(record, "")
			session.Commit()
		case <-session.Context().Done():
			return nil
		}
	}
}

func (c *consumer) take(record *sarama.ConsumerMessage) error {
	headers := map[string]string{}
	for _, header := range record.Headers {
		headers[string(header.Key)] = string(header.Value)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	// Most outcomes are of queries, whose callers have the answer already.
	if headers["ce_kind"] != "change" || c.handled[headers["ce_id"]] {
		return nil
	}
	message := newEvent(headers["ce_type"])
	if message == nil {
		return nil
	}
	// Later versions may add fields.
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(record.Value, message); err != nil {
		return err
	}
	operation := message.GetOperation()
	fmt.Println(operation.Method, operation.RequestId, operation.State)
	c.handled[headers["ce_id"]] = true
	if len(c.handled) == c.wanted {
		c.stop()
	}
	return nil
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
