package main

import (
	"fmt"
	"math"
	"os"
	"time"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/server/attrs"
	"github.com/gopcua/opcua/ua"
)

const tick = 100 * time.Millisecond

// populate shows samples, a setpoint and a counter; the stack has no methods, events and history.
func populate(peer *server.Server, truth string) {
	space := server.NewNodeNameSpace(peer, namespace)
	folder := server.NewNode(ua.NewStringNodeID(space.ID(), "Interop"), server.Attributes{
		ua.AttributeIDNodeClass:   server.DataValueFromValue(uint32(ua.NodeClassObject)),
		ua.AttributeIDBrowseName:  server.DataValueFromValue(&ua.QualifiedName{NamespaceIndex: space.ID(), Name: "Interop"}),
		ua.AttributeIDDisplayName: server.DataValueFromValue(attrs.DisplayName("Interop", "")),
		ua.AttributeIDDataType:    server.DataValueFromValue(ua.NewNumericExpandedNodeID(0, id.FolderType)),
	}, nil, nil)
	space.AddNode(folder)
	root, err := peer.Namespace(0)
	must(err)
	root.Objects().AddRef(folder, id.Organizes, true)
	add := func(name string, kind uint32, value any, access ua.AccessLevelType) *server.Node {
		node := variable(space.ID(), name, kind, value, access)
		space.AddNode(node)
		folder.AddRef(node, id.Organizes, true)
		return node
	}
	samples(add)
	add("Setpoint", id.Double, 0.0, ua.AccessLevelTypeCurrentRead|ua.AccessLevelTypeCurrentWrite)
	counter := add("Counter", id.UInt32, uint32(0), ua.AccessLevelTypeCurrentRead)
	go record(space, truth)
	go count(space, counter)
}

func samples(add func(string, uint32, any, ua.AccessLevelType) *server.Node) {
	read := ua.AccessLevelTypeCurrentRead
	add("Boolean", id.Boolean, true, read)
	add("Int32", id.Int32, int32(-42), read)
	add("Int64", id.Int64, int64(-9007199254740993), read)
	add("Double", id.Double, 0.1, read)
	add("String", id.String, "Grüße, 世界", read)
	add("DateTime", id.DateTime, time.Date(2024, 2, 29, 12, 34, 56, 789_000_000, time.UTC), read)
	add("Int32.Array", id.Int32, []int32{1, -2, 3}, read)
	add("Double.Array", id.Double, []float64{0.5, -0.25}, read)
	add("String.Array", id.String, []string{"a", "", "ß"}, read)
}

func variable(space uint16, name string, kind uint32, value any, access ua.AccessLevelType) *server.Node {
	return server.NewNode(ua.NewStringNodeID(space, name), server.Attributes{
		ua.AttributeIDNodeClass:       server.DataValueFromValue(uint32(ua.NodeClassVariable)),
		ua.AttributeIDBrowseName:      server.DataValueFromValue(&ua.QualifiedName{NamespaceIndex: space, Name: name}),
		ua.AttributeIDDisplayName:     server.DataValueFromValue(attrs.DisplayName(name, "")),
		ua.AttributeIDDataType:        server.DataValueFromValue(ua.NewNumericExpandedNodeID(0, kind)),
		ua.AttributeIDAccessLevel:     server.DataValueFromValue(byte(access)),
		ua.AttributeIDUserAccessLevel: server.DataValueFromValue(byte(access)),
	}, nil, func() *ua.DataValue { return stamped(value) })
}

func stamped(value any) *ua.DataValue {
	return &ua.DataValue{
		EncodingMask:    ua.DataValueValue | ua.DataValueSourceTimestamp,
		Value:           ua.MustVariant(value),
		SourceTimestamp: time.Now(),
	}
}

// record writes what clients wrote; the stack tells it after the answer, at its own time.
func record(space *server.NodeNameSpace, truth string) {
	var file *os.File
	if truth != "" {
		var err error
		file, err = os.OpenFile(truth, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		must(err)
	}
	for written := range space.ExternalNotification {
		value, isDouble := space.Node(written).Value().Value.Value().(float64)
		if file != nil && isDouble {
			fmt.Fprintf(file, "{\"node\":\"nsu=%s;s=Setpoint\",\"type\":\"Double\",\"value\":\"%016x\"}\n",
				namespace, math.Float64bits(value))
		}
	}
}

func count(space *server.NodeNameSpace, counter *server.Node) {
	for count := uint32(1); ; count++ {
		time.Sleep(tick)
		must(counter.SetAttribute(ua.AttributeIDValue, stamped(count)))
		space.ChangeNotification(counter.ID())
	}
}
