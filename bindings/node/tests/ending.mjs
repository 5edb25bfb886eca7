// Uses a feature and ends in some way: `node ending.mjs URL FEATURE WAY`.
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { fileURLToPath } from 'node:url'

import { Discovery, Publisher, Twin } from 'iiot'

const TIME = { nodes: ['i=2258'] }

const features = {
  async read (plc) {
    await plc.read(TIME)
  },
  async many (plc) {
    await Promise.all(Array.from({ length: 50 }, () => plc.read(TIME)))
  },
  /** Calls that nobody waits for. */
  async begun (plc) {
    await plc.read(TIME)
    for (let times = 0; times < 50; times++) plc.read(TIME).catch(() => {})
  },
  async streamed (plc) {
    for await (const update of plc.watchValues(TIME)) if (update) break
  },
  /** A stream whose next item is waited for when it ends. */
  async streaming (plc) {
    const items = plc.watchValues({ nodes: ['i=2258'], publishingIntervalMs: 50 })[Symbol.asyncIterator]()
    await items.next()
    items.next().catch(() => {})
  },
  async columns (plc) {
    await plc.readColumns(TIME)
    for await (const columns of plc.watchColumns(TIME)) if (columns.length) break
  },
  /** Columns that are waited for when it ends. */
  async waiting (plc) {
    const batches = plc.watchColumns({ nodes: ['i=2258'], publishingIntervalMs: 50 })[Symbol.asyncIterator]()
    await batches.next()
    batches.next().catch(() => {})
  },
  /** A publisher that nobody closes, to a hub of ours. */
  async published () {
    const hub = { address: 'memory:', async publish () {}, async * subscribe () {} }
    const publisher = new Publisher({ sink: 'host:mine', transports: { mine: hub }, fields: ['Boiler'] })
    for (let value = 0; value < 5; value++) await publisher.publish({ Boiler: value })
    publisher.publish({ Boiler: 5 }).catch(() => {})
  },
  async searched () {
    await new Discovery().start({ plan: { addresses: ['127.0.0.1'], ports: ['1'], multicast: false } })
  },
  async crawled (plc) {
    for await (const batch of plc.crawl({ nodes: ['i=85'], maxDepth: 2 })) if (batch) break
  },
  async failed () {
    await new Twin('opc.tcp://127.0.0.1:1').read(TIME).catch(() => {})
  }
}

const ways = {
  normal: plc => plc.close(),
  left_open: () => {},
  exit: () => process.exit(3),
  thrown: () => setImmediate(() => { throw new Error('on purpose') }),
  rejected: () => Promise.reject(new Error('on purpose')),
  interrupted: () => {
    console.log('READY')
    return new Promise(() => setInterval(() => {}, 1000))
  },
  worker: () => {}
}

export const FEATURES = Object.keys(features)
export const WAYS = Object.keys(ways)

async function use ([url, feature, way]) {
  const plc = new Twin(url)
  await features[feature](plc)
  await ways[way](plc)
}

if (!isMainThread) {
  // Until the thread is ended from outside.
  await use(workerData)
  process.exit()
} else if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url, feature, way] = process.argv.slice(2)
  if (way === 'worker') new Worker(fileURLToPath(import.meta.url), { workerData: [url, feature, way] })
  else await use([url, feature, way])
}
