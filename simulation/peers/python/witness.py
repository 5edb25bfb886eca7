"""Keeps every message of a broker, and acknowledges it only then.

    python witness.py HOST PORT TOPIC FILE

A message is a line of JSON, {"topic", "payload", "properties", "at"}, in FILE and on standard output; `at` is when it
came, in seconds since 1970. Its session at the broker never ends: what comes while it is away, it gets afterwards.
`SUBSCRIBED` tells that the broker has made that session, `RESUMED` that it still had it.
"""

import json
import sys
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

FOR_EVER = 0xFFFFFFFF


def main(host, port, topic, file):
    kept = open(file, "a", encoding="utf-8")
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="witness", protocol=mqtt.MQTTv5)
    client.on_connect = lambda client, _data, flags, *_: connected(client, flags, topic)
    client.on_subscribe = lambda *_: tell("SUBSCRIBED")
    client.on_message = lambda _client, _data, message: keep(kept, message)
    client.reconnect_delay_set(min_delay=1, max_delay=1)
    session = Properties(PacketTypes.CONNECT)
    session.SessionExpiryInterval = FOR_EVER
    client.connect_async(host, int(port), clean_start=False, properties=session)
    client.loop_forever(retry_first_connection=True)


def connected(client, flags, topic):
    if flags.session_present:
        tell("RESUMED")
    else:
        client.subscribe(topic, qos=1)


def keep(kept, message):
    properties = dict(getattr(message.properties, "UserProperty", []))
    told = {"topic": message.topic, "payload": message.payload.decode("utf-8"), "properties": properties}
    line = json.dumps({**told, "at": time.time()}, ensure_ascii=False)
    kept.write(line + "\n")
    kept.flush()
    tell(line)


def tell(line):
    print(line, flush=True)


sys.stdout.reconfigure(encoding="utf-8")
main(*sys.argv[1:])
