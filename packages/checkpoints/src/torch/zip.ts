// Reads a zip as torch.save writes it: members are stored, not compressed, and their sizes stand in the directory at its end.
import { DataError } from '@maria/core';
import { readInto, withFile } from '../weights/file-range.js';
import { quote } from '../weights/quote.js';

export interface ZipMember {
  readonly name: string;
  /** First byte of its data, counted from the file's start. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
  /** CRC-32 of its data. */
  readonly checksum: number;
}

export interface ZipDirectory {
  readonly members: ReadonlyMap<string, ZipMember>;
  /** The directory as it is stored: sizes and checksums of all members. */
  readonly bytes: Uint8Array;
}

/** Far above what checkpoints have; bounds what a hostile file makes us allocate. */
const mostDirectoryBytes = 2 ** 24;

const signatures = {
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
  entry: 0x02014b50,
  local: 0x04034b50,
};
const endBytes = 22;
const locator64Bytes = 20;
const end64Bytes = 56;
const entryBytes = 46;
const localBytes = 30;
const most32 = 0xffffffff;

export function badTorchFile(file: string, fact: string): DataError {
  return new DataError('bad-torch-file', `Cannot read ${file}: ${fact}.`, {
    try: 'Download the file again, or use the model as .safetensors, which save_pretrained of transformers writes.',
    facts: { file },
  });
}

/** @throws DataError `bad-torch-file` where it is no such zip, `truncated-file` where it is cut short */
export function readZip(file: string): ZipDirectory {
  return withFile(file, (descriptor, size) => {
    const bad = (fact: string) => badTorchFile(file, fact);
    const read = (offset: number, length: number, what: string): Buffer => {
      if (!Number.isSafeInteger(offset) || offset < 0 || offset + length > size)
        throw bad(`${what} is not within the file`);
      const bytes = Buffer.alloc(length);
      readInto(file, descriptor, bytes, offset);
      return bytes;
    };
    const { start, length, count } = findDirectory(read, size, bad);
    if (length > mostDirectoryBytes) throw bad(`its directory has ${length} bytes`);
    const bytes = read(start, length, 'its directory');
    const members = new Map<string, ZipMember>();
    let at = 0;
    for (let i = 0; i < count; i++) {
      const entry = entryAt(bytes, at, bad);
      at = entry.next;
      if (members.has(entry.name)) throw bad(`two of its members are named ${quote(entry.name)}`);
      // Only the local header tells how long it is itself: its extra field is not that of the directory.
      const local = read(entry.header, localBytes, `the header of ${quote(entry.name)}`);
      if (local.readUInt32LE(0) !== signatures.local) throw bad(`${quote(entry.name)} has no header`);
      const offset = entry.header + localBytes + local.readUInt16LE(26) + local.readUInt16LE(28);
      if (offset + entry.length > start) throw bad(`${quote(entry.name)} runs into its directory`);
      members.set(entry.name, { name: entry.name, offset, length: entry.length, checksum: entry.checksum });
    }
    return { members, bytes };
  });
}

type Read = (offset: number, length: number, what: string) => Buffer;
type Bad = (fact: string) => DataError;

function findDirectory(read: Read, size: number, bad: Bad) {
  const tail = read(Math.max(0, size - endBytes - 0xffff), Math.min(size, endBytes + 0xffff), 'its end');
  let at = tail.length - endBytes;
  while (at >= 0 && tail.readUInt32LE(at) !== signatures.end) at--;
  if (at < 0) throw bad('it is no zip, as torch.save writes one since PyTorch 1.6, or it is cut short');
  const end = {
    count: tail.readUInt16LE(at + 10),
    length: tail.readUInt32LE(at + 12),
    start: tail.readUInt32LE(at + 16),
  };
  const locator = at - locator64Bytes;
  if (locator < 0 || tail.readUInt32LE(locator) !== signatures.locator64) return end;
  const record = read(number64(tail, locator + 8, bad), end64Bytes, 'its zip64 record');
  if (record.readUInt32LE(0) !== signatures.end64) throw bad('it has no zip64 record where one is announced');
  return {
    count: number64(record, 32, bad),
    length: number64(record, 40, bad),
    start: number64(record, 48, bad),
  };
}

function entryAt(bytes: Buffer, at: number, bad: Bad) {
  if (at + entryBytes > bytes.length || bytes.readUInt32LE(at) !== signatures.entry)
    throw bad('its directory is damaged');
  const nameEnd = at + entryBytes + bytes.readUInt16LE(at + 28);
  const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
  const next = extraEnd + bytes.readUInt16LE(at + 32);
  if (next > bytes.length) throw bad('its directory is damaged');
  const name = bytes.toString('utf8', at + entryBytes, nameEnd);
  if ((bytes.readUInt16LE(at + 8) & 1) !== 0) throw bad(`${quote(name)} is encrypted`);
  if (bytes.readUInt16LE(at + 10) !== 0)
    throw bad(`${quote(name)} is compressed, which torch.save does not do`);
  const fields = {
    length: bytes.readUInt32LE(at + 24),
    compressed: bytes.readUInt32LE(at + 20),
    header: bytes.readUInt32LE(at + 42),
  };
  // Zip64: in this order, those of the numbers that 32 bits cannot hold.
  for (let extra = nameEnd; extra + 4 <= extraEnd; extra += 4 + bytes.readUInt16LE(extra + 2)) {
    if (bytes.readUInt16LE(extra) !== 1) continue;
    let field = extra + 4;
    for (const key of ['length', 'compressed', 'header'] as const) {
      if (fields[key] !== most32) continue;
      if (field + 8 > extraEnd) throw bad('its directory is damaged');
      fields[key] = number64(bytes, field, bad);
      field += 8;
    }
  }
  if (fields.compressed !== fields.length) throw bad(`${quote(name)} has two sizes`);
  return { name, next, checksum: bytes.readUInt32LE(at + 16), length: fields.length, header: fields.header };
}

function number64(bytes: Buffer, at: number, bad: Bad): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw bad('it gives a size that no file has');
  return Number(value);
}
