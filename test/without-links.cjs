// Preloaded by tests: a file system that has neither symbolic nor hard links.
const fs = require('node:fs');
const promises = require('node:fs/promises');
const { syncBuiltinESMExports } = require('node:module');

const refuse = async () => {
  throw Object.assign(new Error('EPERM: operation not permitted'), { code: 'EPERM' });
};
promises.symlink = refuse;
promises.link = refuse;
fs.symlinkSync = undefined;
fs.linkSync = undefined;
syncBuiltinESMExports();
