package peer;

import static org.eclipse.milo.opcua.stack.core.types.builtin.unsigned.Unsigned.uint;
import static org.eclipse.milo.opcua.stack.core.types.builtin.unsigned.Unsigned.ushort;

import java.io.FileWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.milo.opcua.sdk.core.AccessLevel;
import org.eclipse.milo.opcua.sdk.core.Reference;
import org.eclipse.milo.opcua.sdk.server.ManagedNamespaceWithLifecycle;
import org.eclipse.milo.opcua.sdk.server.OpcUaServer;
import org.eclipse.milo.opcua.sdk.server.items.DataItem;
import org.eclipse.milo.opcua.sdk.server.items.MonitoredItem;
import org.eclipse.milo.opcua.sdk.server.methods.AbstractMethodInvocationHandler;
import org.eclipse.milo.opcua.sdk.server.model.objects.BaseEventTypeNode;
import org.eclipse.milo.opcua.sdk.server.nodes.UaFolderNode;
import org.eclipse.milo.opcua.sdk.server.nodes.UaMethodNode;
import org.eclipse.milo.opcua.sdk.server.nodes.UaVariableNode;
import org.eclipse.milo.opcua.sdk.server.nodes.filters.AttributeFilters;
import org.eclipse.milo.opcua.sdk.server.util.SubscriptionModel;
import org.eclipse.milo.opcua.stack.core.AttributeId;
import org.eclipse.milo.opcua.stack.core.NodeIds;
import org.eclipse.milo.opcua.stack.core.UaException;
import org.eclipse.milo.opcua.stack.core.types.builtin.ByteString;
import org.eclipse.milo.opcua.stack.core.types.builtin.DataValue;
import org.eclipse.milo.opcua.stack.core.types.builtin.DateTime;
import org.eclipse.milo.opcua.stack.core.types.builtin.LocalizedText;
import org.eclipse.milo.opcua.stack.core.types.builtin.NodeId;
import org.eclipse.milo.opcua.stack.core.types.builtin.Variant;
import org.eclipse.milo.opcua.stack.core.types.builtin.unsigned.UInteger;
import org.eclipse.milo.opcua.stack.core.types.enumerated.TimestampsToReturn;
import org.eclipse.milo.opcua.stack.core.types.structured.Argument;
import org.eclipse.milo.opcua.stack.core.types.structured.HistoryReadDetails;
import org.eclipse.milo.opcua.stack.core.types.structured.HistoryReadResult;
import org.eclipse.milo.opcua.stack.core.types.structured.HistoryReadValueId;

/** What the interop peers show: samples, a setpoint, a counter with its history, a method, events. */
final class AddressSpace extends ManagedNamespaceWithLifecycle {
  private static final int TICK_MS = 100;

  private final SubscriptionModel subscriptions;
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final PrintWriter truth;
  private final History history = new History();
  private UaFolderNode folder;
  private UaVariableNode counter;
  private int count;

  AddressSpace(OpcUaServer server, String truth) throws IOException {
    super(server, Server.NAMESPACE);
    this.truth = truth == null ? null : new PrintWriter(new FileWriter(truth, true), true);
    subscriptions = new SubscriptionModel(server, this);
    getLifecycleManager().addLifecycle(subscriptions);
    getLifecycleManager().addStartupTask(this::populate);
    getLifecycleManager().addStartupTask(() ->
        timer.scheduleAtFixedRate(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS));
    getLifecycleManager().addShutdownTask(timer::shutdownNow);
  }

  private void populate() {
    folder = new UaFolderNode(
        getNodeContext(), newNodeId("Interop"), newQualifiedName("Interop"), LocalizedText.english("Interop"));
    getNodeManager().addNode(folder);
    folder.addReference(new Reference(
        folder.getNodeId(), NodeIds.Organizes, NodeIds.ObjectsFolder.expanded(), false));
    scalar("Boolean", NodeIds.Boolean, true);
    scalar("Int32", NodeIds.Int32, -42);
    scalar("Int64", NodeIds.Int64, -9007199254740993L);
    scalar("Double", NodeIds.Double, 0.1);
    scalar("String", NodeIds.String, "Gr\u00fc\u00dfe, \u4e16\u754c");
    scalar("DateTime", NodeIds.DateTime, new DateTime(133536836967890000L));
    array("Int32.Array", NodeIds.Int32, new Integer[] {1, -2, 3});
    array("Double.Array", NodeIds.Double, new Double[] {0.5, -0.25});
    array("String.Array", NodeIds.String, new String[] {"a", "", "\u00df"});
    setpoint();
    counter = variable("Counter", NodeIds.UInt32, uint(0), -1, true,
        AccessLevel.CurrentRead, AccessLevel.HistoryRead);
    method();
  }

  private void scalar(String name, NodeId type, Object value) {
    variable(name, type, value, -1, false, AccessLevel.CurrentRead);
  }

  private void array(String name, NodeId type, Object value) {
    variable(name, type, value, 1, false, AccessLevel.CurrentRead);
  }

  private UaVariableNode variable(
      String name, NodeId type, Object value, int rank, boolean historizing, AccessLevel... access) {
    UaVariableNode node = UaVariableNode.build(getNodeContext(), builder -> builder
        .setNodeId(newNodeId(name))
        .setBrowseName(newQualifiedName(name))
        .setDisplayName(LocalizedText.english(name))
        .setDataType(type)
        .setValueRank(rank)
        .setArrayDimensions(rank == 1 ? new UInteger[] {uint(0)} : null)
        .setTypeDefinition(NodeIds.BaseDataVariableType)
        .setHistorizing(historizing)
        .setMinimumSamplingInterval(0.0)
        .setAccessLevel(access)
        .setUserAccessLevel(access)
        .setValue(new DataValue(new Variant(value)))
        .build());
    getNodeManager().addNode(node);
    folder.addOrganizes(node);
    return node;
  }

  /** Every write of a client is on disk before the answer. */
  private void setpoint() {
    UaVariableNode node =
        variable("Setpoint", NodeIds.Double, 0.0, -1, false, AccessLevel.CurrentRead, AccessLevel.CurrentWrite);
    node.getFilterChain().addLast(AttributeFilters.setValue((context, value) -> {
      if (truth != null && value.value().value() instanceof Double number) {
        truth.printf("{\"node\":\"nsu=%s;s=Setpoint\",\"type\":\"Double\",\"value\":\"%016x\"}%n",
            Server.NAMESPACE, Double.doubleToRawLongBits(number));
      }
      context.setAttribute(AttributeId.Value, value);
    }));
  }

  private void method() {
    UaMethodNode node = UaMethodNode.build(getNodeContext(), builder -> builder
        .setNodeId(newNodeId("Add"))
        .setBrowseName(newQualifiedName("Add"))
        .setDisplayName(LocalizedText.english("Add"))
        .build());
    Add add = new Add(node);
    node.setInputArguments(add.getInputArguments());
    node.setOutputArguments(add.getOutputArguments());
    node.setInvocationHandler(add);
    getNodeManager().addNode(node);
    node.addReference(new Reference(
        node.getNodeId(), NodeIds.HasComponent, folder.getNodeId().expanded(), false));
  }

  /** Counts, which is kept as history, and emits an event. */
  private void tick() {
    count++;
    DataValue value = new DataValue(new Variant(uint(count)));
    history.add(value);
    counter.setValue(value);
    try {
      emit("tick " + count);
    } catch (UaException error) {
      error.printStackTrace();
    }
  }

  private void emit(String message) throws UaException {
    BaseEventTypeNode event = getServer().getEventFactory()
        .createEvent(newNodeId(UUID.randomUUID()), NodeIds.BaseEventType);
    UUID id = UUID.randomUUID();
    event.setBrowseName(newQualifiedName("tick"));
    event.setDisplayName(LocalizedText.english("tick"));
    event.setEventId(ByteString.of(ByteBuffer.allocate(16)
        .putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits()).array()));
    event.setEventType(NodeIds.BaseEventType);
    event.setSourceNode(NodeIds.Server);
    event.setSourceName("Server");
    event.setTime(DateTime.now());
    event.setReceiveTime(DateTime.NULL_VALUE);
    event.setMessage(LocalizedText.english(message));
    event.setSeverity(ushort(500));
    getServer().getEventNotifier().fire(event);
    event.delete();
  }

  @Override
  public List<HistoryReadResult> historyRead(
      HistoryReadContext context,
      HistoryReadDetails details,
      TimestampsToReturn timestamps,
      List<HistoryReadValueId> nodes) {
    return nodes.stream().map(node -> history.read(getServer(), details, node, counter.getNodeId())).toList();
  }

  @Override
  public void onDataItemsCreated(List<DataItem> items) {
    subscriptions.onDataItemsCreated(items);
  }

  @Override
  public void onDataItemsModified(List<DataItem> items) {
    subscriptions.onDataItemsModified(items);
  }

  @Override
  public void onDataItemsDeleted(List<DataItem> items) {
    subscriptions.onDataItemsDeleted(items);
  }

  @Override
  public void onMonitoringModeChanged(List<MonitoredItem> items) {
    subscriptions.onMonitoringModeChanged(items);
  }

  /** Adds two numbers. */
  private static final class Add extends AbstractMethodInvocationHandler {
    Add(UaMethodNode node) {
      super(node);
    }

    @Override
    public Argument[] getInputArguments() {
      return new Argument[] {argument("a"), argument("b")};
    }

    @Override
    public Argument[] getOutputArguments() {
      return new Argument[] {argument("sum")};
    }

    @Override
    protected Variant[] invoke(InvocationContext context, Variant[] inputs) {
      return new Variant[] {new Variant((Integer) inputs[0].value() + (Integer) inputs[1].value())};
    }

    private static Argument argument(String name) {
      return new Argument(name, NodeIds.Int32, -1, null, LocalizedText.NULL_VALUE);
    }
  }
}
