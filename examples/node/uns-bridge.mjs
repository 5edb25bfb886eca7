// A bridge from an OPC UA server into a unified namespace at an MQTT broker:
//
//   node uns-bridge.mjs opc.tcp://localhost:4840 mqtt://localhost:1883 enterprise/site/area [NODE]
//
// Each variable below NODE (default: the Objects folder, without what is about the server itself) has the topic that its way
// in the server says, and is a retained message `{ value, status, timestamp }`. Variables that come later are found
// when the bridge is started again.
import { Twin } from 'iiot'
import mqtt from 'mqtt'

const [url = 'opc.tcp://localhost:4840', broker = 'mqtt://localhost:1883', root = 'plant', node = 'i=85'] = process.argv.slice(2)

const plc = new Twin(url)
const hub = mqtt.connect(broker)
let values
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => values?.close())

const variables = await found()
values = plc.watchColumns({ nodes: variables.map(one => one.node), publishingIntervalMs: 500, encoding: 'raw' })
console.log(`${variables.length} variables of ${url} go to ${broker} below ${root}`)
try {
  for await (const columns of values) await forward(columns)
} finally {
  await hub.endAsync()
  await plc.close()
}

async function found () {
  const variables = []
  for await (const { nodes } of plc.crawl({ nodes: [node], nodeClasses: ['variable'], paths: true })) {
    for (const { node, path } of nodes) if (path[0] !== 'Server') variables.push({ node, topic: [root, ...path.map(level)].join('/') })
  }
  return variables
}

/** A name without its namespace, and without what has a meaning of its own in topics. */
function level (name) {
  return name.replace(/^nsu=[^;]*;/, '').replace(/[/+#\0]/g, '_')
}

async function forward (columns) {
  const sent = []
  for (let row = 0; row < columns.length; row++) {
    const value = columns.at(row)
    const message = { value, status: columns.status[row], timestamp: columns.time(row) }
    sent.push(hub.publishAsync(variables[columns.node[row]].topic, JSON.stringify(message), { qos: 1, retain: true }))
  }
  // What the broker has not taken yet holds back what the server sends.
  await Promise.all(sent)
}
