// What users write, in the strictest form that the compiler knows. It is compiled and not run.
import { type ErrorCode, Hub, IiotError, Twin, kinds } from 'iiot'

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
