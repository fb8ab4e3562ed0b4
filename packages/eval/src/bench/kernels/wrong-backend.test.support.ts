// For tests: a backend with a fault.
import {
  type Backend,
  type Executable,
  type Inputs,
  type Program,
  referenceBackend,
  type Value,
} from '@maria/core';

export interface Fault {
  /** @default as given */
  inputs?(inputs: Inputs): Inputs;
  /** @default as computed */
  result?(value: Value): Value;
  /** Which programs it is in. @default all */
  where?(program: Program): boolean;
}

/** The reference evaluation, but for the fault. */
export function wrongBackend({ inputs = same, result = same, where = () => true }: Fault): Backend {
  const sound = referenceBackend();
  return {
    name: 'wrong',
    device: 'cpu',
    async compile(program, weights, variables): Promise<Executable> {
      const executable = await sound.compile(program, weights, variables);
      if (!where(program)) return executable;
      return {
        ...executable,
        async run(given) {
          const outputs = await executable.run(inputs(given));
          return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, result(value)]));
        },
      };
    },
  };
}

const same = <T>(value: T): T => value;

/** The value with one element changed. */
export function changed(value: Value, index: number, change: (element: number) => number): Value {
  const data = Float32Array.from(value.data);
  const at = index < 0 ? data.length + index : index;
  data[at] = change(data[at]!);
  return { ...value, data };
}
