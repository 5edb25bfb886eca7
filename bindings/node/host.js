'use strict'

const { IiotError } = require('./errors.js')

/** What answers for an object of the host program: `methods` take members and a payload. */
function host (methods) {
  return async (method, members, payload) => {
    try {
      return await methods[method](JSON.parse(members), payload)
    } catch (error) {
      return { error: failed(error) }
    }
  }
}

function failed (error) {
  if (error instanceof IiotError) return { code: error.code, message: error.message, retryable: error.retryable }
  return { code: 'internal', message: String(error?.stack ?? error) }
}

/** A transport, as `transport.d.ts` says it. */
function ofTransport (transport) {
  const { opened, next, left } = streams(message => {
    const { payload = '', correlation, ...head } = message
    return { members: text({ ...head, correlation: correlation && Buffer.from(correlation).toString('base64') }), payload: Buffer.from(payload) }
  })
  return host({
    describe: () => ({ members: text({ address: transport.address, maxPayload: transport.maxPayload, carries: transport.carries }) }),
    async publish (head, payload) {
      const correlation = head.correlation && Buffer.from(head.correlation, 'base64')
      await transport.publish({ ...head, ...(correlation && { correlation }), payload })
      return {}
    },
    subscribe: async ({ filter }) => opened(await transport.subscribe(filter)),
    next,
    unsubscribe: left,
    async close () {
      await transport.close?.()
      return {}
    }
  })
}

/** A registry, as `registry.d.ts` says it. */
function ofRegistry (registry) {
  const { opened, next, left } = streams(change => ({ members: text(change) }))
  const plain = method => async members => ({ members: text(await registry[method](members) ?? null) })
  return host({
    get: async ({ key }) => ({ members: text(await registry.get(key) ?? null) }),
    commit: async ({ changes }) => ({ members: text(await registry.commit(changes)) }),
    query: plain('query'),
    watch: async ({ after }) => opened(await registry.watch(after ?? undefined)),
    next,
    unwatch: left
  })
}

/** Async iterables by numbers; nothing more is asked of one than what is taken. */
function streams (told) {
  const open = new Map()
  let last = 0
  return {
    opened (iterable) {
      open.set(++last, iterable[Symbol.asyncIterator]())
      return { members: text({ subscription: last }) }
    },
    async next ({ subscription }) {
      const { done, value } = await open.get(subscription)?.next() ?? { done: true }
      return done ? {} : told(value)
    },
    left ({ subscription }) {
      // Not waited for: it ends with the next item, which may be long in coming.
      open.get(subscription)?.return?.()?.catch?.(() => {})
      open.delete(subscription)
      return {}
    }
  }
}

/** An object with the same names. */
function mapped (object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]))
}

const text = JSON.stringify

module.exports = { mapped, ofRegistry, ofTransport }
