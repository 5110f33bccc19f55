// The viewer's own decoder, run by Node: length-prefixed messages in, length-prefixed answers out.
// In: u32 length, then a kind ("F" frame, "P" preview) and the body. Out: u32 length, JSON, newline,
// then the samples as they lie in memory.
import { createRequire } from "node:module";
import { join } from "node:path";
import { readSync, writeSync } from "node:fs";

const web = process.argv[2];
const { rolldown } = createRequire(join(web, "package.json"))("rolldown");

async function load(path) {
  const bundle = await rolldown({ input: join(web, "packages/viewer/src", path), logLevel: "silent" });
  const { output } = await bundle.generate({ format: "es" });
  await bundle.close();
  return import("data:text/javascript," + encodeURIComponent(output[0].code));
}

function read(size) {
  const out = Buffer.alloc(size);
  for (let at = 0; at < size; ) {
    const got = readSync(0, out, at, size - at, null);
    if (!got) process.exit(0);
    at += got;
  }
  return out;
}

function write(data) {
  for (let at = 0; at < data.length; ) {
    try {
      at += writeSync(1, data, at);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error; // the pipe is full: the reader is slower
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function answer(facts, samples) {
  const head = Buffer.from(JSON.stringify(facts) + "\n");
  const size = Buffer.alloc(4);
  size.writeUInt32LE(head.length + samples.length);
  write(Buffer.concat([size, head, samples]));
}

const bytesOf = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
const { decodeFrame } = await load("format/frame.ts");
const { PreviewReader } = await load("format/preview.ts");
answer({ ready: true }, Buffer.alloc(0));

function decode(kind, body) {
  try {
    if (kind === 0x46) {
      const { pixels, ...facts } = decodeFrame(body.buffer);
      return [{ ...facts, array: pixels.constructor.name }, bytesOf(pixels)];
    }
    const pictures = new PreviewReader().feed(body);
    return [pictures.map(({ pixels, ...facts }) => facts), Buffer.concat(pictures.map((p) => bytesOf(p.pixels)))];
  } catch (error) {
    return [{ name: error.name, code: error.code ?? String(error) }, Buffer.alloc(0)];
  }
}

for (;;) {
  const message = read(read(4).readUInt32LE());
  answer(...decode(message[0], new Uint8Array(message.subarray(1))));
}
