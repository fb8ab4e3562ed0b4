// Output to files: whole or not at all.
import {
  chmod,
  lchown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { inPieces, openSink } from './output.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maria-output-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the file appears when the sink closes, with nothing beside it', async () => {
  const path = join(folder, 'filled.txt');
  const sink = await openSink(path);
  await sink.write('one\n');
  await sink.write('two\n');
  expect(await readdir(folder)).not.toContain('filled.txt');
  await sink.close();
  expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
  expect(await readdir(folder)).toEqual(['filled.txt']);
});

test('an existing file keeps its content until then, and its mode', async () => {
  const path = join(folder, 'filled.txt');
  await writeFile(path, 'before');
  await chmod(path, 0o640);
  const sink = await openSink(path);
  await sink.write('after');
  expect(await readFile(path, 'utf8')).toBe('before');
  await sink.close();
  expect(await readFile(path, 'utf8')).toBe('after');
  expect((await stat(path)).mode & 0o777).toBe(0o640);
});

test('a failed run leaves the file as it was, and keeps its own part', async () => {
  const path = join(folder, 'filled.txt');
  await writeFile(path, 'before');
  const sink = await openSink(path);
  await sink.write('half');
  const partial = await sink.abandon();
  expect(await readFile(partial ?? '', 'utf8')).toBe('half');
  expect(await readFile(path, 'utf8')).toBe('before');

  const unused = await openSink(join(folder, 'other.txt'));
  expect(await unused.abandon()).toBeUndefined();
  expect((await readdir(folder)).filter((name) => name.includes('other'))).toEqual([]);
});

test('a long text is written in pieces of whole characters, and the event loop has its turn between them', async () => {
  const pieces: string[] = [];
  let turns = 0;
  const sink = inPieces({
    write: async (text) => {
      pieces.push(String(text));
      setImmediate(() => turns++);
    },
    close: async () => {},
    abandon: async () => undefined,
  });
  const text = `x${'\u{1f600}'.repeat(1_500_000)}`;
  await sink.write(text);
  expect(pieces.join('')).toBe(text);
  expect(pieces.length).toBe(3);
  expect(pieces.every((piece) => Buffer.from(piece).toString() === piece)).toBe(true);
  expect(turns).toBe(3);
  await sink.write('short');
  await sink.write(Buffer.from('bytes'));
  expect(pieces.slice(3)).toEqual(['short', 'bytes']);
});

test('a link stays a link', async () => {
  await writeFile(join(folder, 'real.txt'), 'before');
  await symlink('real.txt', join(folder, 'link.txt'));
  const sink = await openSink(join(folder, 'link.txt'));
  await sink.write('after');
  await sink.close();
  expect(await readFile(join(folder, 'real.txt'), 'utf8')).toBe('after');
  expect((await readdir(folder)).sort()).toEqual(['link.txt', 'real.txt']);
});

test('a link that leads nowhere is refused, and stays', async () => {
  await symlink('gone.txt', join(folder, 'link.txt'));
  await symlink('loop.txt', join(folder, 'loop.txt'));
  await expect(openSink(join(folder, 'link.txt'))).rejects.toThrow(
    'it is a link to a file that is not there',
  );
  await expect(openSink(join(folder, 'loop.txt'))).rejects.toThrow('links');
  expect((await readdir(folder)).sort()).toEqual(['link.txt', 'loop.txt']);
});

test('what a killed run left goes when the file is whole, and nothing else does', async () => {
  const path = join(folder, 'filled.txt');
  const stale = '.filled.txt.999999999.0123456789ab.partial';
  const others = [
    '.other.txt.999999999.0123456789ab.partial',
    `.filled.txt.${process.ppid}.0123456789ab.partial`,
  ];
  for (const name of [stale, ...others]) await writeFile(join(folder, name), 'half');
  const sink = await openSink(path);
  expect(await readdir(folder)).toContain(stale);
  await sink.close();
  expect((await readdir(folder)).sort()).toEqual([...others, 'filled.txt'].sort());
});

test('names that are foreseen lead nowhere', async () => {
  const names = async () => (await readdir(folder)).filter((name) => name.endsWith('.partial'));
  const [first, second] = [await openSink(join(folder, 'a.txt')), await openSink(join(folder, 'a.txt'))];
  expect(new Set(await names()).size).toBe(2);
  await first.abandon();
  await second.abandon();
  expect(await names()).toEqual([]);
});

const asRoot = process.geteuid?.() === 0 ? test : test.skip;
asRoot('a link that another user planted where anybody may is not followed (needs root)', async () => {
  const shared = join(folder, 'shared');
  await mkdir(shared);
  await chmod(shared, 0o1777);
  await writeFile(join(folder, 'victim'), 'precious');
  await symlink(join(folder, 'victim'), join(shared, 'out.txt'));
  await lchown(join(shared, 'out.txt'), 12345, 12345);
  await expect(openSink(join(shared, 'out.txt'))).rejects.toThrow('it is a link that another user made');
  await chmod(shared, 0o755);
  await (await openSink(join(shared, 'out.txt'))).abandon();
  expect(await readFile(join(folder, 'victim'), 'utf8')).toBe('precious');
});

test('a device is written to, not replaced', async () => {
  const sink = await openSink('/dev/null');
  await sink.write('gone');
  await sink.close();
  expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
});

test('what cannot be written is told before anything is done', async () => {
  await writeFile(join(folder, 'file'), '');
  const missing = join(folder, 'none', 'filled.txt');
  await expect(openSink(missing)).rejects.toMatchObject({
    code: 'cannot-write',
    exitStatus: 1,
    message: `Cannot write ${missing}: its folder does not exist.`,
  });
  await expect(openSink(folder)).rejects.toThrow(`Cannot write ${folder}: it is a directory.`);
  await expect(openSink(join(folder, 'file', 'x'))).rejects.toThrow('a part of its path is not a folder');
  await expect(openSink('')).rejects.toThrow('Cannot write "": its name is empty.');
  await expect(openSink(`${folder}/new/`)).rejects.toThrow('its name is that of a folder');
  expect(await readdir(folder)).toEqual(['file']);
});

const onLinux = process.platform === 'linux' ? test : () => {};
onLinux('a full device is an error of the write', async () => {
  const sink = await openSink('/dev/full');
  await expect(sink.write('text')).rejects.toThrow('Cannot write /dev/full: no space is left on the device.');
  await sink.abandon();
});

test('on a terminal standard output shows control characters; elsewhere it keeps the bytes', async () => {
  const { stdout } = process;
  const isTTY = Object.getOwnPropertyDescriptor(stdout, 'isTTY');
  const write = vi.spyOn(stdout, 'write').mockImplementation((...args: unknown[]) => {
    (args.at(-1) as () => void)();
    return true;
  });
  try {
    for (const value of [true, false]) {
      Object.defineProperty(stdout, 'isTTY', { value, configurable: true });
      await (await openSink('-')).write('a\u001b[2J\n');
    }
    expect(write.mock.calls.map(([text]) => text)).toEqual(['a\\u001b[2J\n', 'a\u001b[2J\n']);
  } finally {
    write.mockRestore();
    if (isTTY) Object.defineProperty(stdout, 'isTTY', isTTY);
    else Reflect.deleteProperty(stdout, 'isTTY');
  }
});
