"""Prints every message of a broker as a line of JSON: {"topic", "payload", "retain"}.

    python subscribe.py HOST PORT TOPIC

A line `SUBSCRIBED` follows each connection. Reconnects by itself. A payload that is not UTF-8 is told as "hex".
"""

import json
import sys

import paho.mqtt.client as mqtt


def main(host, port, topic):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_connect = lambda client, *_: client.subscribe(topic, qos=0)
    client.on_subscribe = lambda *_: tell("SUBSCRIBED")
    client.on_message = lambda _client, _data, message: tell(json.dumps(shown(message), ensure_ascii=False))
    client.reconnect_delay_set(min_delay=1, max_delay=1)
    client.connect_async(host, int(port))
    client.loop_forever(retry_first_connection=True)


def shown(message):
    told = {"topic": message.topic, "retain": message.retain}
    try:
        return {**told, "payload": message.payload.decode("utf-8")}
    except UnicodeDecodeError:
        return {**told, "hex": message.payload.hex()}


def tell(line):
    print(line, flush=True)


sys.stdout.reconfigure(encoding="utf-8")
main(*sys.argv[1:])
