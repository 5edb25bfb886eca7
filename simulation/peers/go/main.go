// The address space of the interop peers (see ../README.md) on gopcua.
//
//	server --port 4841 --data DIR --truth FILE [--pki DIR]
//
// Prints READY <url>; stops on SIGTERM.
package main

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uapolicy"
)

const namespace = "urn:iiot:peer:interop"

func main() {
	port := flag.Int("port", 0, "")
	pki := flag.String("pki", "", "folder made by ../python/pki.py; without it only policy None is offered")
	truth := flag.String("truth", "", "file for what clients wrote")
	flag.String("data", "", "folder of our own, unused")
	flag.Parse()
	options := []server.Option{
		server.EndPoint("127.0.0.1", *port),
		server.EnableSecurity("None", ua.MessageSecurityModeNone),
		server.EnableAuthMode(ua.UserTokenTypeAnonymous),
	}
	if *pki != "" {
		options = append(options, security(*pki)...)
	}
	peer := server.New(options...)
	must(peer.Start(context.Background()))
	populate(peer, *truth)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, os.Interrupt)
	fmt.Printf("READY opc.tcp://127.0.0.1:%d\n", *port)
	<-stop
	os.Exit(0) // Close waits ten seconds for channels of clients
}

// security offers every policy that the stack has, also those that are deprecated, and every identity.
func security(pki string) []server.Option {
	pair, err := tls.LoadX509KeyPair(filepath.Join(pki, "self-signed.pem"), filepath.Join(pki, "key.pem"))
	must(err)
	options := []server.Option{
		server.PrivateKey(pair.PrivateKey.(*rsa.PrivateKey)),
		server.Certificate(pair.Certificate[0]),
		server.EnableAuthMode(ua.UserTokenTypeUserName),
		server.EnableAuthMode(ua.UserTokenTypeCertificate),
	}
	for _, policy := range uapolicy.SupportedPolicies() {
		if policy != ua.SecurityPolicyURINone && !strings.Contains(policy, "PubSub") {
			options = append(options,
				server.EnableSecurity(policy, ua.MessageSecurityModeSign),
				server.EnableSecurity(policy, ua.MessageSecurityModeSignAndEncrypt))
		}
	}
	return options
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
