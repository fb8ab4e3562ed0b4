// Makes files as torch.save writes state dictionaries: a zip of a pickle and the storages, none compressed.
import { crc32 } from 'node:zlib';
import type { StoredTensors } from '@maria/checkpoints';

export interface TorchTensor {
  readonly name: string;
  /** Class of its storage, such as HalfStorage. */
  readonly type: string;
  /** Name of its storage. */
  readonly storage: string;
  /** Numbers of its storage. */
  readonly count: number;
  readonly shape: readonly number[];
  /** @default those of rows one after the other */
  readonly strides?: readonly number[];
  /** @default 0 */
  readonly offset?: number;
}

export function torchFile(
  tensors: readonly TorchTensor[],
  storages: Readonly<Record<string, Uint8Array>>,
): Buffer {
  return zipOf({
    'archive/data.pkl': pickleOf(tensors),
    'archive/byteorder': Buffer.from('little'),
    ...Object.fromEntries(Object.entries(storages).map(([name, bytes]) => [`archive/data/${name}`, bytes])),
  });
}

/** The same tensors as a model has in safetensors, each in a storage of its own, and others beside them. */
export function torchFileOf(
  { entries, bytes }: StoredTensors,
  others: readonly TorchTensor[] = [],
  storages: Readonly<Record<string, Uint8Array>> = {},
): Buffer {
  const types = new Map([
    ['F32', 'FloatStorage'],
    ['F16', 'HalfStorage'],
    ['BF16', 'BFloat16Storage'],
  ]);
  const own = [...entries.values()].map(({ name, dtype, shape, elements }) => ({
    name,
    type: types.get(dtype)!,
    storage: name,
    count: elements,
    shape,
  }));
  const ownStorages = Object.fromEntries(own.map(({ name }) => [name, bytes(name)]));
  return torchFile([...own, ...others], { ...ownStorages, ...storages });
}

const plain = (text: string) => Buffer.from(text, 'latin1');
const dictionary = plain('ccollections\nOrderedDict\n)R');

function whole(value: number): Buffer {
  const bytes = plain('J\0\0\0\0');
  bytes.writeInt32LE(value, 1);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const head = plain('X\0\0\0\0');
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

function tuple(items: readonly Buffer[]): Buffer {
  return Buffer.concat([plain('('), ...items, plain('t')]);
}

function pickleOf(tensors: readonly TorchTensor[]): Buffer {
  const items = tensors.flatMap(({ name, type, storage, count, shape, strides, offset = 0 }) => {
    const rows = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    const id = tuple([text('storage'), plain(`ctorch\n${type}\n`), text(storage), text('cpu'), whole(count)]);
    const given = tuple([
      Buffer.concat([id, plain('Q')]),
      whole(offset),
      tuple(shape.map(whole)),
      tuple((strides ?? rows).map(whole)),
      plain('\x89'),
      dictionary,
    ]);
    return [text(name), plain('ctorch._utils\n_rebuild_tensor_v2\n'), given, plain('R')];
  });
  return Buffer.concat([plain('\x80\x02'), dictionary, plain('('), ...items, plain('u.')]);
}

function zipOf(members: Readonly<Record<string, Uint8Array>>): Buffer {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, bytes] of Object.entries(members)) {
    const fields = Buffer.alloc(26);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(bytes.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const start = Buffer.alloc(4);
    start.writeUInt32LE(at);
    directory.push(plain('PK\x01\x02\0\0'), fields, Buffer.alloc(10), start, plain(name));
    const local = [plain('PK\x03\x04'), fields, plain(name), bytes];
    parts.push(...local);
    at += local.reduce((sum, { length }) => sum + length, 0);
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(members).length, 4);
  end.writeUInt16LE(Object.keys(members).length, 6);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, ...directory, plain('PK\x05\x06'), end]);
}
