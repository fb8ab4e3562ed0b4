// The C API as typed functions: handles are checked, statuses become errors, results come back as values.
import type {
  ApiFunction,
  ApiName,
  ApiTable,
  ArgumentKind,
  GivenKind,
  Handle,
  HandleKind,
} from './api-table.js';
import { apiTable } from './api-table.js';
import type { LoadedLibrary } from './library.js';
import { OrtError } from './ort-error.js';

type ArgumentOf<K extends ArgumentKind> = K extends HandleKind
  ? Handle<K>
  : K extends 'text'
    ? string
    : K extends 'address'
      ? bigint | ArrayBufferView
      : number;

type GivenOf<K> = K extends HandleKind
  ? Handle<K>
  : K extends 'address'
    ? bigint
    : K extends 'size'
      ? number
      : undefined;

type ResultOf<F extends ApiFunction> = F['returns'] extends 'int'
  ? number
  : F['returns'] extends 'text'
    ? string
    : F extends { readonly gives: infer G }
      ? GivenOf<G>
      : undefined;

type ArgumentsOf<T extends readonly ArgumentKind[]> = { -readonly [I in keyof T]: ArgumentOf<T[I]> };

type Functions = {
  readonly [N in ApiName]: (...parameters: ArgumentsOf<ApiTable[N]['takes']>) => ResultOf<ApiTable[N]>;
};

export type OrtApi = Functions & {
  /** The same on a worker thread, for what takes long. Arguments are kept alive until it is over. */
  readonly async: {
    readonly [N in ApiName]: (
      ...parameters: ArgumentsOf<ApiTable[N]['takes']>
    ) => Promise<ResultOf<ApiTable[N]>>;
  };
};

type NativeArgument = bigint | number | string | ArrayBufferView;
interface NativeFunction {
  (...parameters: NativeArgument[]): unknown;
  async(...parameters: [...NativeArgument[], (error: unknown, result: unknown) => void]): void;
}

const nativeType: Partial<Record<ArgumentKind, string>> = { text: 'str', int: 'int', size: 'size_t' };

/** Arguments of calls on worker threads. koffi holds none of them, and the garbage collector must not take them. */
const inFlight = new Set<readonly NativeArgument[]>();

/** Binds the functions of the table. Each is looked up when it is first called. */
export function bindApi({ koffi, apiAddress }: LoadedLibrary): OrtApi {
  const lookUp = ({ index, takes, returns, gives }: ApiFunction): NativeFunction => {
    const address = BigInt(koffi.decode.uint64(apiAddress + BigInt(index * 8)));
    const result = { status: 'void *', void: 'void', int: 'int', text: 'str' }[returns];
    const parameters = takes.map((kind) => nativeType[kind] ?? 'void *');
    // koffi never frees a prototype: one a function and process.
    return koffi.decode(
      address,
      koffi.proto(result, gives ? [...parameters, 'void *'] : parameters),
    ) as NativeFunction;
  };

  const check = (name: ApiName, status: unknown): void => {
    if (!status) return;
    const handle = status as Handle<'Status'>;
    const error = new OrtError(name, api.GetErrorCode(handle), api.GetErrorMessage(handle));
    api.ReleaseStatus(handle);
    throw error;
  };

  const bind = (name: ApiName, definition: ApiFunction) => {
    const { takes, returns, gives } = definition;
    let native: NativeFunction | undefined;
    const resolved = () => (native ??= lookUp(definition));
    const sync = (...parameters: NativeArgument[]) => {
      refuseUnfit(name, takes, parameters);
      if (returns !== 'status') return resolved()(...parameters);
      const cell = gives && new BigUint64Array(1);
      check(name, resolved()(...parameters, ...(cell ? [cell] : [])));
      return cell && given(name, gives, cell);
    };
    const async = async (...parameters: NativeArgument[]) => {
      refuseUnfit(name, takes, parameters);
      const cell = gives && new BigUint64Array(1);
      if (cell) parameters.push(cell);
      inFlight.add(parameters);
      try {
        const status = await new Promise((resolve, reject) => {
          resolved().async(...parameters, (error, result) => (error ? reject(error) : resolve(result)));
        });
        check(name, status);
        return cell && given(name, gives, cell);
      } finally {
        inFlight.delete(parameters);
      }
    };
    return { sync, async };
  };

  const names = Object.keys(apiTable) as ApiName[];
  const bound = names.map((name) => [name, bind(name, apiTable[name])] as const);
  const api = {
    ...Object.fromEntries(bound.map(([name, { sync }]) => [name, sync])),
    async: Object.fromEntries(bound.map(([name, { async }]) => [name, async])),
  } as unknown as OrtApi;
  return api;
}

/** The library follows a null pointer into a crash of the process; stop before. */
function refuseUnfit(
  name: ApiName,
  takes: readonly ArgumentKind[],
  parameters: readonly NativeArgument[],
): void {
  for (let i = 0; i < takes.length; i++) {
    const kind = takes[i]!;
    if (!fits(kind, parameters[i]))
      throw new TypeError(
        `${name} of ONNX Runtime needs ${kind} as argument ${i + 1}, got ${String(parameters[i])}`,
      );
  }
}

function fits(kind: ArgumentKind, parameter: unknown): boolean {
  switch (kind) {
    case 'text':
      return typeof parameter === 'string';
    case 'int':
      return Number.isInteger(parameter);
    case 'size':
      return Number.isSafeInteger(parameter) && (parameter as number) >= 0;
    case 'address':
      if (ArrayBuffer.isView(parameter)) return parameter.byteLength > 0;
      return typeof parameter === 'bigint' && parameter !== 0n;
    default:
      return typeof parameter === 'bigint' && parameter !== 0n;
  }
}

function given(name: ApiName, kind: GivenKind, cell: BigUint64Array): bigint | number {
  const value = cell[0]!;
  if (kind === 'size') return Number(value);
  if (value === 0n) throw new OrtError(name, -1, `it gave no ${kind}`);
  return value;
}
