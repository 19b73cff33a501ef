// Calls the signatures of a SavedModel with @tensorflow/tfjs-node.
//
// node session_runs.cjs ARCHIVE TAGS CALLS ANSWERS: tests/support/tensor_files.py describes the two files. An int64 of a
// call is given as the int32 that tfjs-node makes an int64 of; one that does not fit ends the run.

"use strict";
const fs = require("node:fs");
const tf = require("@tensorflow/tfjs-node");

const DTYPES = { float32: 1, int32: 3, string: 7, complex64: 8, bool: 10 };
const [UINT8, INT64] = [4, 9];
console.warn = () => {}; // it warns of each int64

class Reader {
  constructor(data) {
    this.data = data;
    this.at = 0;
  }

  take(size) {
    this.at += size;
    if (this.at > this.data.length) throw new Error("the file of calls ends early");
    return this.data.subarray(this.at - size, this.at);
  }

  u32() {
    return this.take(4).readUInt32LE();
  }

  i64() {
    return this.take(8).readBigInt64LE();
  }

  bytes() {
    return this.take(this.u32());
  }

  text() {
    return this.bytes().toString();
  }

  tensor() {
    const dtype = this.u32();
    const shape = this.repeat(() => Number(this.i64()));
    const size = Number(this.i64());
    const count = shape.reduce((product, each) => product * each, 1);
    if (dtype === DTYPES.string) return { dtype, shape, values: Array.from({ length: count }, () => new Uint8Array(this.bytes())) };
    const bytes = this.take(size);
    return { dtype, shape, values: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + size) };
  }

  repeat(read) {
    return Array.from({ length: this.u32() }, read);
  }

  call() {
    const signature = this.text();
    const inputs = this.repeat(() => {
      const name = this.text();
      this.text(); // the graph's tensor: tfjs-node finds it itself
      return [name, this.tensor()];
    });
    this.repeat(() => [this.text(), this.text()]);
    return { signature, inputs };
  }
}

function toTensor({ dtype, shape, values }) {
  switch (dtype) {
    case DTYPES.float32:
      return tf.tensor(new Float32Array(values), shape, "float32");
    case DTYPES.int32:
      return tf.tensor(new Int32Array(values), shape, "int32");
    case DTYPES.complex64: {
      const parts = [0, 1].map((part) => new Float32Array(values).filter((_, index) => index % 2 === part));
      return tf.complex(...parts.map((part) => tf.tensor(part, shape, "float32")));
    }
    case DTYPES.bool:
      return tf.tensor(new Uint8Array(values), shape, "bool");
    case DTYPES.string:
      return tf.tensor(values, shape, "string");
    case UINT8:
      return tf.tensor(Int32Array.from(new Uint8Array(values)), shape, "int32");
    case INT64: {
      const numbers = Array.from(new BigInt64Array(values));
      const big = numbers.find((each) => each !== BigInt.asIntN(32, each));
      if (big !== undefined) throw new Error(`tfjs-node has no int64, and int32 does not hold ${big}`);
      return tf.tensor(Int32Array.from(numbers, Number), shape, "int32");
    }
    default:
      throw new Error(`tfjs-node has no tensors of the DataType ${dtype}`);
  }
}

const parts = [];

function u32(number) {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(number);
  return data;
}

function putU32(number) {
  parts.push(u32(number));
}

function putI64(number) {
  const data = Buffer.alloc(8);
  data.writeBigInt64LE(BigInt(number));
  parts.push(data);
}

function putText(value) {
  const data = Buffer.from(value);
  putU32(data.length);
  parts.push(data);
}

function putTensor(tensor) {
  const values = tf.backend().readSync(tensor.dataId);
  // Of an int64 the tensor says int32, and has the values in a BigInt64Array.
  putU32(values instanceof BigInt64Array ? INT64 : DTYPES[tensor.dtype]);
  putU32(tensor.shape.length);
  tensor.shape.forEach(putI64);
  if (tensor.dtype === "string") {
    putI64(values.reduce((sum, each) => sum + 4 + each.length, 0));
    values.forEach(putText);
    return;
  }
  putI64(values.byteLength);
  parts.push(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
}

async function doRun(archive, tags, calls) {
  const models = new Map();
  let complete = parts.push(u32(calls.length));
  try {
    for (const { signature } of calls) {
      if (!models.has(signature)) models.set(signature, await tf.node.loadSavedModel(archive, tags, signature));
    }
    for (const { signature, inputs } of calls) {
      const given = Object.fromEntries(inputs.map(([name, tensor]) => [name, toTensor(tensor)]));
      const found = models.get(signature).predict(given);
      putU32(0);
      putU32(Object.keys(found).length);
      for (const [name, tensor] of Object.entries(found)) {
        putText(name);
        putTensor(tensor);
      }
      complete = parts.length;
    }
  } catch (error) {
    parts.length = complete;
    putU32(1);
    putText(String(error.message));
  }
  models.forEach((model) => model.dispose());
}

async function main([archive, tags, calls, answers]) {
  const reader = new Reader(fs.readFileSync(calls));
  const runs = reader.repeat(() => reader.repeat(() => reader.call()));
  putU32(runs.length);
  for (const run of runs) await doRun(archive, tags.split(","), run);
  fs.writeFileSync(answers, Buffer.concat(parts));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 2;
});
