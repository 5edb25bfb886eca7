"""An OpenTelemetry collector's receiver for metrics over HTTP, which prints what it understood.

A line for each data point: `NAME KIND {labels as JSON} VALUE`.
"""

import argparse
import json
from http.server import BaseHTTPRequestHandler, HTTPServer

from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)


def labels(attributes):
    return {pair.key: pair.value.string_value for pair in attributes}


def say(request):
    for resource in request.resource_metrics:
        print("RESOURCE", json.dumps(labels(resource.resource.attributes), sort_keys=True))
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                for point in getattr(metric, kind).data_points:
                    assert point.time_unix_nano > 0
                    print(metric.name, kind, json.dumps(labels(point.attributes)), point.as_double)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.path == "/v1/metrics", self.path
        assert self.headers["Content-Type"] == "application/json"
        say(json_format.Parse(body, ExportMetricsServiceRequest()))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--data")
port = parser.parse_args().port
server = HTTPServer(("127.0.0.1", port), Receiver)
print(f"READY http://127.0.0.1:{port}")
server.serve_forever()
