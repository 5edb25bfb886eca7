// Decodes DataValues from JSON with node-opcua: a line of the file is {"version": 104 or 105, "value": …}, a line of the
// output the binary encoding that node-opcua makes of it, in hexadecimal, or why it cannot.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const json = require("node-opcua-json");
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
    const { version, value } = JSON.parse(line);
    const decode = version === 104 ? json.opcuaJsonDecodeDataValue104 : json.opcuaJsonDecodeDataValue105;
    try {
        console.log(binary(decode(value)));
    } catch (error) {
        console.log("! " + String(error.message).split("\n")[0]);
    }
}
