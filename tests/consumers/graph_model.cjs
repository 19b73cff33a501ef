// Runs a converted graph model with TensorFlow.js, without TensorFlow: one call on standard input, its answer as JSON.
'use strict';

const fs = require('fs');
const path = require('path');

const print = console.log;
console.log = console.info = console.warn = () => {};

const request = JSON.parse(fs.readFileSync(0));
const tf = require(path.join(request.modules, '@tensorflow', 'tfjs'));

function handler(directory) {
  const model = JSON.parse(fs.readFileSync(path.join(directory, 'model.json')));
  const groups = model.weightsManifest;
  const files = groups.flatMap((group) => group.paths).map((file) => fs.readFileSync(path.join(directory, file)));
  const data = Buffer.concat(files);
  return {
    load: async () => ({
      ...model,
      weightSpecs: groups.flatMap((group) => group.weights),
      weightData: data.buffer.slice(data.byteOffset, data.byteOffset + data.length),
    }),
  };
}

function toTensor({dtype, shape, values}) {
  if (dtype === 'string') {
    return tf.tensor(values.map((value) => new Uint8Array(value)), shape, dtype);
  }
  if (dtype === 'complex64') {
    const part = (odd) => tf.tensor(values.filter((_, index) => index % 2 === odd), shape);
    return tf.complex(part(0), part(1));
  }
  return tf.tensor(values, shape, dtype);
}

async function fromTensor(tensor) {
  const values = tensor.dtype === 'string' ? (await tensor.bytes()).map((value) => Array.from(value)) : await tensor.data();
  return {dtype: tensor.dtype, shape: tensor.shape, values: Array.from(values)};
}

async function main() {
  const model = await tf.loadGraphModel(handler(request.model));
  const {inputs, outputs} = model.modelSignature;
  const given = Object.entries(request.inputs).map(([name, tensor]) => [name, toTensor(tensor)]);
  const names = Object.keys(outputs);
  const found = await model.executeAsync(Object.fromEntries(given), names.map((name) => outputs[name].name));
  const tensors = Array.isArray(found) ? found : [found];
  const answer = {};
  for (const [index, name] of names.entries()) {
    answer[name] = await fromTensor(tensors[index]);
  }
  const isInput = ([, info]) => info.resourceId === undefined;
  print(JSON.stringify({inputs: Object.entries(inputs || {}).filter(isInput).map(([name]) => name), outputs: answer}));
}

main().catch((error) => {
  process.stderr.write(String(error.message || error));
  process.exit(1);
});
