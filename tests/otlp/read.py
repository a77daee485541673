"""Reads the requests in a folder by OpenTelemetry's own messages: what they say must be what the run did."""

import pathlib
import sys

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status


def read(kind, message):
    for path in sorted(pathlib.Path(sys.argv[1]).glob(f"*.{kind}")):
        request = message()
        request.ParseFromString(path.read_bytes())
        known = request.SerializeToString()
        assert len(known) == path.stat().st_size, f"{path} has fields that nobody knows"
        # Fields under a number that the message does not have would be kept and written again: they are dropped here.
        request.DiscardUnknownFields()
        assert request.SerializeToString() == known, f"{path} has fields that nobody knows"
        yield request


def attributes(holder):
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in holder.attributes}


traces = list(read("traces", ExportTraceServiceRequest))
assert traces, "no traces were sent"
[resource] = traces[-1].resource_spans
assert attributes(resource.resource)["service.name"] == "flowrun"
[scope] = resource.scope_spans
root, post, helper, card = scope.spans
assert [len(span.trace_id) for span in scope.spans] == [16] * 4
assert [len(span.span_id) for span in scope.spans] == [8] * 4
assert root.name == "run import" and root.kind == Span.SPAN_KIND_SERVER and not root.parent_span_id
assert root.end_time_unix_nano - root.start_time_unix_nano == 3_000_000_000
assert root.status.code == Status.STATUS_CODE_ERROR
said = attributes(root)
assert said["flowrun.run.id"] == "r1" and said["error.type"] == "RateLimit" and said["flowrun.cards"] == 7
assert [event.name for event in root.events] == ["wait"]
assert post.kind == Span.SPAN_KIND_CLIENT and post.parent_span_id == root.span_id
assert helper.parent_span_id == root.span_id and attributes(helper)["flowrun.item"] == 4
assert card.parent_span_id == helper.span_id and card.status.message == "too many requests"

metrics = {}
for request in read("metrics", ExportMetricsServiceRequest):
    for metric in request.resource_metrics[0].scope_metrics[0].metrics:
        metrics[metric.name] = metric
duration = metrics["flowrun.run.duration"]
[point] = duration.histogram.data_points
assert duration.unit == "s" and point.count == 1 and point.sum == 2.0 and sum(point.bucket_counts) == 1
assert duration.histogram.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE
assert attributes(point)["error.type"] == "RateLimit"
cpu = metrics["process.cpu"]
assert cpu.sum.is_monotonic and cpu.sum.data_points[0].as_double >= 0
assert metrics["process.resident.memory"].gauge.data_points[0].as_double > 0
print(f"read: {len(traces)} requests of traces with {len(scope.spans)} spans, {len(metrics)} metrics")
