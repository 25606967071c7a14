package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"

	"github.com/IBM/sarama"
	"github.com/xdg-go/scram"
)

// secure sets TLS and SCRAM with KAFKA_TLS_CA_FILE, as a user with a password file; without it as `npm start`.
func secure(config *sarama.Config) error {
	ca := os.Getenv("KAFKA_TLS_CA_FILE")
	if ca == "" {
		return nil
	}
	certificates, err := os.ReadFile(ca)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(certificates) {
		return fmt.Errorf("%s has no certificate", ca)
	}
	password, err := os.ReadFile(os.Getenv("KAFKA_SASL_PASSWORD_FILE"))
	if err != nil {
		return err
	}
	config.Net.TLS.Enable = true
	config.Net.TLS.Config = &tls.Config{RootCAs: roots}
	config.Net.SASL.Enable = true
	config.Net.SASL.Mechanism = sarama.SASLTypeSCRAMSHA512
	config.Net.SASL.User = os.Getenv("KAFKA_SASL_USERNAME")
	config.Net.SASL.Password = strings.TrimSpace(string(password))
	config.Net.SASL.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient { return &scramClient{} }
	return nil
}

// A scramClient is one login: sarama has no SCRAM of its own.
type scramClient struct{ *scram.ClientConversation }

func (c *scramClient) Begin(user, password, authorizationID string) error {
	client, err := scram.SHA512.NewClient(user, password, authorizationID)
	if err != nil {
		return err
	}
	c.ClientConversation = client.NewConversation()
	return nil
}
