// Decodes UADP messages with node-opcua, one in each line of a file as hexadecimal: a line of JSON for each, with the
// values in the binary encoding that node-opcua makes of them.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { udpNetworkMessage_decode } = require("node-opcua-pubsub-common");
const { encodeDataValue } = require("node-opcua-data-value");
const { BinaryStreamSizeCalculator, BinaryStream } = require("node-opcua-binary-stream");

function binary(dataValue) {
    const size = new BinaryStreamSizeCalculator();
    encodeDataValue(dataValue, size);
    const stream = new BinaryStream(Buffer.alloc(size.length));
    encodeDataValue(dataValue, stream);
    return stream.buffer.toString("hex");
}

for (const line of readFileSync(process.argv[2], "utf8").split("\n").filter((line) => line)) {
    try {
        const message = udpNetworkMessage_decode(new BinaryStream(Buffer.from(line, "hex")));
        const sets = message.dataSetPayload.dataSetMessages.map((set) => ({
            kind: set.dataSetMessageHeader.type,
            sequence_number: set.dataSetMessageHeader.dataSetMessageSequenceNumber,
            fields: (set.dataValues ?? []).map(binary)
        }));
        const writers = message.dataSetPayloadHeader?.dataSetWriterIds;
        console.log(JSON.stringify({ publisher_id: message.publisherId?.value, writers, data_sets: sets }));
    } catch (error) {
        console.log(JSON.stringify({ error: String(error.message) }));
    }
}
