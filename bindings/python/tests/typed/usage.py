"""What users write, for type checkers: it is never run."""

from __future__ import annotations

import iiot
import iiot.sync
from iiot.operations import Alarm, DataValue


async def values(url: str) -> list[DataValue]:
    async with iiot.Twin(url, security="secure", pki="pki", user="me", password="secret") as plc:
        answer = await plc.read(["i=2258", {"node": "i=2259", "attribute": "DisplayName"}], max_age_ms=500)
        results: list[DataValue] = answer["results"]
        return results


async def first_alarm(url: str) -> Alarm | None:
    async with iiot.Twin(url) as plc, plc.watch_alarms() as updates:
        async for update in updates:
            for alarm in update.get("changed", []):
                await plc.acknowledge([{"condition": alarm["condition"], "eventId": alarm["eventId"]}])
                return alarm
    return None


def names(url: str) -> list[str]:
    with iiot.sync.Twin(url) as plc:
        try:
            found = plc.browse(["i=85"])
        except iiot.errors.Unavailable as error:
            assert error.retryable and error.code == "unavailable"
            return []
        references = found["results"][0].get("references", [])
        return [reference["displayName"] for reference in references]


async def in_batches(url: str) -> int:
    count = 0
    async with iiot.Twin(url) as plc, plc.watch_values(["i=2258"]) as stream:
        async for batch in stream.batches(100):
            count += len(batch)
    return count
