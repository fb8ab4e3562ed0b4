// Makes the tokenizers library look as it does on a machine that it has no build for. For `node --require`.
const Module = require('node:module');
const load = Module._load;
Module._load = function (request, ...others) {
  if (request === 'tokenizers') throw new Error('Failed to load native binding');
  return load.call(this, request, ...others);
};
