// Reads the pickle of a state dictionary: the few opcodes that torch.save writes for one. It computes nothing and calls nothing:
// a few names stand for what they would make, and any other is refused.
import { DataError } from '@maria/core';
import { quote } from '../weights/quote.js';
import type { SafetensorsDType } from '../weights/safetensors-dtypes.js';
import { badTorchFile } from './zip.js';

/** A tensor as the pickle describes it: numbers of a storage, seen with a shape and strides. */
export interface PickledTensor {
  readonly kind: 'tensor';
  /** Name of the storage. */
  readonly storage: string;
  /** Type of its numbers. */
  readonly dtype: SafetensorsDType;
  /** Numbers that the storage holds. */
  readonly count: number;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** The types of storages, and what safetensors calls their numbers. */
const storageTypes: ReadonlyMap<string, SafetensorsDType> = new Map([
  ['torch.FloatStorage', 'F32'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  // Of no weights: positions and masks, which older files of BERT and GPT-2 have beside them.
  ['torch.LongStorage', 'I64'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
]);

const dictionary = 'collections.OrderedDict';
const rebuildTensor = 'torch._utils._rebuild_tensor_v2';
const globals: readonly string[] = [dictionary, rebuildTensor, ...storageTypes.keys()];

interface Storage {
  readonly kind: 'storage';
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly count: number;
}

type Pickled =
  | string
  | number
  | boolean
  | null
  | { readonly kind: 'global'; readonly name: string }
  | { readonly kind: 'tuple'; readonly items: readonly Pickled[] }
  | { readonly kind: 'dictionary'; readonly items: Map<Pickled, Pickled> }
  | Storage
  | PickledTensor;

const mark = Symbol('mark');

/** @throws DataError `bad-torch-file`, `pickle-global` for a name that is not one of the few, `pickle-opcode` for an opcode that no state dictionary has */
export function readStateDictionary(file: string, bytes: Buffer): ReadonlyMap<string, PickledTensor> {
  const top = unpickle(file, bytes);
  if (!isKind(top, 'dictionary')) throw badTorchFile(file, 'it holds no state dictionary');
  const tensors = new Map<string, PickledTensor>();
  for (const [name, value] of top.items) {
    if (typeof name !== 'string' || !isKind(value, 'tensor'))
      throw badTorchFile(file, `its entry ${quote(String(name))} is no tensor`);
    tensors.set(name, value);
  }
  return tensors;
}

function isKind<K extends string>(value: unknown, kind: K): value is Extract<Pickled, { kind: K }> {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === kind;
}

function unpickle(file: string, bytes: Buffer): Pickled {
  const stack: (Pickled | typeof mark)[] = [];
  const memo = new Map<number, Pickled>();
  let at = 0;
  const bad = (fact: string) => badTorchFile(file, fact);
  const take = (length: number): number => {
    if (at + length > bytes.length) throw bad('its pickle is cut short');
    at += length;
    return at - length;
  };
  const pop = (): Pickled => {
    const value = stack.pop();
    if (value === undefined || value === mark) throw bad('its pickle is damaged');
    return value;
  };
  const popToMark = (): Pickled[] => {
    const from = stack.lastIndexOf(mark);
    if (from < 0) throw bad('its pickle is damaged');
    return stack.splice(from).slice(1) as Pickled[];
  };
  const top = (): Pickled => {
    const value = stack.at(-1);
    if (value === undefined || value === mark) throw bad('its pickle is damaged');
    return value;
  };
  const line = (): string => {
    const end = bytes.indexOf('\n', at);
    if (end < 0) throw bad('its pickle is cut short');
    const text = bytes.toString('latin1', at, end);
    at = end + 1;
    return text;
  };
  const tuple = (items: readonly Pickled[]) => stack.push({ kind: 'tuple', items });
  const lastOf = (count: number) => Array.from({ length: count }, pop).reverse();
  const setItems = (items: readonly Pickled[]) => {
    const target = top();
    if (!isKind(target, 'dictionary') || items.length % 2 === 1) throw bad('its pickle is damaged');
    for (let i = 0; i < items.length; i += 2) target.items.set(items[i]!, items[i + 1]!);
  };
  const remembered = (key: number) => {
    const value = memo.get(key);
    if (value === undefined) throw bad('its pickle is damaged');
    stack.push(value);
  };

  const opcodes: Readonly<Record<number, () => void>> = {
    [code('\x80')]: () => {
      if (bytes[take(1)] !== 2) throw bad('its pickle is not of protocol 2, as torch.save writes it');
    },
    [code('c')]: () => {
      const name = `${line()}.${line()}`;
      if (!globals.includes(name))
        throw new DataError(
          'pickle-global',
          `Cannot read ${file}: its pickle names ${quote(name)}, and a state dictionary of weights names nothing but ${globals.join(', ')}. Nothing of it was executed.`,
          { try: 'Use the model as .safetensors.', facts: { file, global: name } },
        );
      stack.push({ kind: 'global', name });
    },
    [code('q')]: () => memo.set(bytes[take(1)]!, top()),
    [code('r')]: () => memo.set(bytes.readUInt32LE(take(4)), top()),
    [code('h')]: () => remembered(bytes[take(1)]!),
    [code('j')]: () => remembered(bytes.readUInt32LE(take(4))),
    [code('(')]: () => stack.push(mark),
    [code(')')]: () => tuple([]),
    [code('t')]: () => tuple(popToMark()),
    [code('\x85')]: () => tuple(lastOf(1)),
    [code('\x86')]: () => tuple(lastOf(2)),
    [code('\x87')]: () => tuple(lastOf(3)),
    [code('}')]: () => stack.push({ kind: 'dictionary', items: new Map() }),
    [code('X')]: () => {
      const length = bytes.readUInt32LE(take(4));
      const start = take(length);
      stack.push(bytes.toString('utf8', start, start + length));
    },
    [code('J')]: () => stack.push(bytes.readInt32LE(take(4))),
    [code('K')]: () => stack.push(bytes[take(1)]!),
    [code('M')]: () => stack.push(bytes.readUInt16LE(take(2))),
    // Whole numbers that 32 bits do not hold.
    [code('\x8a')]: () => {
      const length = bytes[take(1)]!;
      if (length > 6) throw bad('its pickle gives a number that no file has');
      stack.push(length === 0 ? 0 : bytes.readIntLE(take(length), length));
    },
    [code('N')]: () => stack.push(null),
    [code('\x88')]: () => stack.push(true),
    [code('\x89')]: () => stack.push(false),
    [code('Q')]: () => stack.push(storageOf(pop(), bad)),
    [code('R')]: () => {
      const given = pop();
      stack.push(made(pop(), given, bad));
    },
    [code('s')]: () => setItems(lastOf(2)),
    [code('u')]: () => setItems(popToMark()),
    // The metadata of a state dictionary, which says nothing of its tensors.
    [code('b')]: () => {
      pop();
      if (!isKind(top(), 'dictionary')) throw bad('its pickle is damaged');
    },
  };

  for (;;) {
    const opcode = bytes[take(1)]!;
    if (opcode === code('.')) return pop();
    const run = opcodes[opcode];
    if (!run)
      throw new DataError(
        'pickle-opcode',
        `Cannot read ${file}: byte ${at - 1} of its pickle is the opcode 0x${opcode.toString(16)}, which no state dictionary has.`,
        { try: 'Use the model as .safetensors.', facts: { file } },
      );
    run();
  }
}

function code(character: string): number {
  return character.charCodeAt(0);
}

type Bad = (fact: string) => DataError;

/** ('storage', its type, name, device, count) */
function storageOf(id: Pickled, bad: Bad): Storage {
  const [what, type, name, , count] = isKind(id, 'tuple') ? id.items : [];
  const dtype = isKind(type, 'global') ? storageTypes.get(type.name) : undefined;
  if (what !== 'storage' || dtype === undefined)
    throw bad('its pickle points to something that is no storage of numbers');
  if (typeof name !== 'string' || !isSize(count)) throw bad('its pickle is damaged');
  return { kind: 'storage', name, dtype, count };
}

/** What a call would make. */
function made(callable: Pickled, given: Pickled, bad: Bad): Pickled {
  const parameters = isKind(given, 'tuple') ? given.items : undefined;
  if (isKind(callable, 'global') && parameters) {
    if (callable.name === dictionary && parameters.length === 0)
      return { kind: 'dictionary', items: new Map() };
    if (callable.name === rebuildTensor) return tensorOf(parameters, bad);
  }
  throw bad('its pickle calls something else than a state dictionary does');
}

function tensorOf([storage, offset, shape, strides]: readonly Pickled[], bad: Bad): PickledTensor {
  const [dims, steps] = [sizesOf(shape), sizesOf(strides)];
  if (!isKind(storage, 'storage') || !isSize(offset) || !dims || steps?.length !== dims.length)
    throw bad('its pickle describes a tensor in a way that is not known');
  return {
    kind: 'tensor',
    storage: storage.name,
    dtype: storage.dtype,
    count: storage.count,
    offset,
    shape: dims,
    strides: steps,
  };
}

function sizesOf(value: Pickled | undefined): number[] | undefined {
  return isKind(value, 'tuple') && value.items.every(isSize) ? (value.items as number[]) : undefined;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
