package peer;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import org.eclipse.milo.opcua.sdk.server.OpcUaServer;
import org.eclipse.milo.opcua.stack.core.StatusCodes;
import org.eclipse.milo.opcua.stack.core.types.builtin.ByteString;
import org.eclipse.milo.opcua.stack.core.types.builtin.DataValue;
import org.eclipse.milo.opcua.stack.core.types.builtin.ExtensionObject;
import org.eclipse.milo.opcua.stack.core.types.builtin.NodeId;
import org.eclipse.milo.opcua.stack.core.types.builtin.StatusCode;
import org.eclipse.milo.opcua.stack.core.types.structured.HistoryData;
import org.eclipse.milo.opcua.stack.core.types.structured.HistoryReadDetails;
import org.eclipse.milo.opcua.stack.core.types.structured.HistoryReadResult;
import org.eclipse.milo.opcua.stack.core.types.structured.HistoryReadValueId;
import org.eclipse.milo.opcua.stack.core.types.structured.ReadRawModifiedDetails;

/** The last values of one variable; the stack has the service but no store. */
final class History {
  private static final int KEPT = 1000;
  private static final int PER_ANSWER = 100;

  private final ArrayDeque<DataValue> values = new ArrayDeque<>();

  synchronized void add(DataValue value) {
    values.addLast(value);
    if (values.size() > KEPT) {
      values.removeFirst();
    }
  }

  /** Raw values forwards in time; a continuation point is the time to go on from. */
  HistoryReadResult read(OpcUaServer server, HistoryReadDetails details, HistoryReadValueId node, NodeId known) {
    if (!node.getNodeId().equals(known) || !(details instanceof ReadRawModifiedDetails raw)) {
      return new HistoryReadResult(
          new StatusCode(StatusCodes.Bad_HistoryOperationUnsupported), ByteString.NULL_VALUE, null);
    }
    ByteString point = node.getContinuationPoint();
    long from = point == null || point.isNull() ? raw.getStartTime().getUtcTime() : from(point);
    int limit = raw.getNumValuesPerNode().intValue();
    int most = limit == 0 ? PER_ANSWER : Math.min(limit, PER_ANSWER);
    List<DataValue> found = between(from, raw.getEndTime().getUtcTime());
    boolean more = found.size() > most;
    ByteString next = more ? point(time(found.get(most))) : ByteString.NULL_VALUE;
    HistoryData data = new HistoryData(found.subList(0, more ? most : found.size()).toArray(DataValue[]::new));
    return new HistoryReadResult(
        StatusCode.GOOD, next, ExtensionObject.encode(server.getStaticEncodingContext(), data));
  }

  private synchronized List<DataValue> between(long from, long to) {
    return values.stream().filter(value -> time(value) >= from && time(value) < to).toList();
  }

  private static long time(DataValue value) {
    return value.sourceTime().getUtcTime();
  }

  private static ByteString point(long time) {
    return ByteString.of(ByteBuffer.allocate(8).putLong(time).array());
  }

  private static long from(ByteString point) {
    return ByteBuffer.wrap(point.bytesOrEmpty()).getLong();
  }
}
