// A checkpoint in several .safetensors files, with an index that says which file holds which tensor.
import { dirname, join } from 'node:path';
import { DataError } from '@maria/core';
import { readJsonObject } from './json-file.js';
import { quote } from './quote.js';
import { openSafetensors, type SafetensorsFile } from './safetensors.js';
import { type StoredTensors, storedTensors, type TensorEntry } from './stored-tensors.js';

/** A file's plain name: the index may not lead out of its own folder. */
const shardName = /^[^/\\:\0]*\.safetensors$/;

const downloadIndex = { try: 'Download the index again.' };

function weightMap(index: string): [tensor: string, shard: string][] {
  const fail = (fact: string): never => {
    throw new DataError('bad-safetensors-index', `Cannot read ${index}: ${fact}.`, downloadIndex);
  };
  const map = readJsonObject(index).weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    return fail('it has no "weight_map" object');
  return Object.entries(map).map(([tensor, shard]) => {
    if (typeof shard !== 'string') return fail(`weight_map names no file for tensor ${quote(tensor)}`);
    if (!shardName.test(shard))
      return fail(
        `weight_map places tensor ${quote(tensor)} in ${quote(shard)}, which is not the name of a .safetensors file in the same folder`,
      );
    return [tensor, shard];
  });
}

/**
 * The tensors that `model.safetensors.index.json` lists. Headers of all shards are read and checked.
 * @throws DataError if the index is damaged, a shard is missing, or a tensor is not in the shard that the index names
 */
export function openShardedSafetensors(index: string): StoredTensors {
  const shards = new Map<string, SafetensorsFile>();
  const entries = new Map<string, TensorEntry>();
  for (const [tensor, shard] of weightMap(index)) {
    let opened = shards.get(shard);
    if (!opened) {
      opened = openSafetensors(join(dirname(index), shard));
      shards.set(shard, opened);
    }
    const entry = opened.entries.get(tensor);
    if (!entry)
      throw new DataError(
        'missing-tensor',
        `Cannot read ${index}: it places tensor ${quote(tensor)} in ${shard}, which has no such tensor among its ${opened.entries.size}.`,
        { try: 'Download the index and its files again, all of one revision.' },
      );
    entries.set(tensor, entry);
  }
  if (entries.size === 0)
    throw new DataError(
      'bad-safetensors-index',
      `Cannot read ${index}: its weight_map is empty.`,
      downloadIndex,
    );
  return storedTensors(index, entries);
}
