// What users write, in the strictest form that the compiler knows. It is compiled and not run.
import {
  App, type Columns, Discovery, type ErrorCode, Http, Hub, IiotError, NO_TIME, Publisher, type Transport, Twin, kinds
} from 'iiot'

export async function everyday (url: string): Promise<number> {
  await using plc = new Twin(url, { security: 'secure', pki: 'pki', user: 'operator', password: 'secret' })
  const read = await plc.read({ nodes: ['i=2258', { node: 'ns=2;s=Boiler', attribute: 'Value' }] })
  const symbols: string[] = read.results.map(result => result.status.symbol ?? '')
  await plc.write({ nodes: [{ node: 'ns=2;s=Setpoint', value: 21.5 }] })
  for await (const update of plc.watchValues({ nodes: ['ns=2;s=Boiler'], publishingIntervalMs: 500 })) {
    if (update) break
  }
  for await (const batch of plc.crawl({ nodes: ['i=85'] }).batches(10)) {
    if (batch.length > 5) break
  }
  return symbols.length
}

export function whatToDo (error: unknown): ErrorCode | undefined {
  if (!(error instanceof IiotError)) return undefined
  const node: string | undefined = error.context['node']
  return error.retryable || node === undefined ? undefined : error.code
}

export async function behindABroker (): Promise<void> {
  const hub = new Hub('mqtt://broker:1883', { place: 'iiot/edge', placeKey: 'KEY', apiKey: 'iiot_…', timeout: 5 })
  const found = await hub.discovery().runs({})
  await hub.twin('opc.tcp://plc:4840').browse({ nodes: ['i=85'] })
  const all: ErrorCode[] = kinds()
  console.log(found, all)
}

export async function masses (plc: Twin): Promise<number> {
  const read: Columns = await plc.readColumns({ nodes: ['ns=2;s=Boiler'] })
  for await (const columns of plc.watchColumns({ nodes: ['ns=2;s=Boiler'] })) {
    const values: Float64Array = columns.value
    const first: bigint | undefined = columns.sourceTimestamp[0]
    if (first !== NO_TIME) return values.length + columns.length
  }
  return read.length
}

export async function here (): Promise<void> {
  const queue: Transport = {
    address: 'queue:',
    async publish (message) { console.log(message.topic, message.payload.length) },
    async * subscribe (filter: string) { yield { topic: filter, payload: 'nothing' } }
  }
  await using publisher = new Publisher({ sink: 'host:mine', transports: { mine: queue }, fields: ['Boiler', { name: 'Run', dataType: 'Boolean' }] })
  await publisher.publish({ Boiler: 21.5, Run: true })
  await publisher.publish([{ field: 'Boiler', value: 20, sourceTimestamp: new Date() }])
  await using search = new Discovery()
  const { run } = await search.start({ plan: { addresses: ['192.168.0.0/24'] } })
  console.log(run)
  const app = await new App({ publishedNodes: 'published_nodes.json', sink: 'mqtt://broker:1883', data: 'data' }).start()
  console.log((await app.status()).state, await app.twin('opc.tcp://plc:4840').node({ nodes: ['i=2258'] }))
  await app.stop()
  await new Http('https://pki:9703', { apiKey: 'iiot_…' }).certificates().activateAuthority({} as never)
}

export async function wrong (plc: Twin): Promise<void> {
  // @ts-expect-error there is no such operation
  await plc.reed({ nodes: [] })
  // @ts-expect-error there is no such member
  await plc.read({ knots: [] })
  // @ts-expect-error the url is a text
  new Twin(4840)
  // @ts-expect-error one of three words
  new Twin('opc.tcp://plc:4840', { security: 'strong' })
}
