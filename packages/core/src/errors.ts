// The errors that maria throws on purpose: a code, an exit status, a fact with values, and what to try.
// They know nothing of a command line: that one names its own flags, from code and facts.

/** Exit statuses of the command line; a library user can switch on them too. */
export const ExitStatus = {
  failed: 1,
  usage: 2,
  data: 3,
  network: 4,
  device: 5,
  interrupted: 130,
} as const;
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];

/** Values of an error by name, for programs that act on them. Their names belong to the code. */
export type Facts = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface MariaErrorOptions {
  /** What to do next, one sentence about the user's data or the library's options; shown after "Try:". */
  try?: string;
  /** @default none */
  facts?: Facts;
  cause?: unknown;
}

/** Base of all expected errors. `message` reads "Cannot <do what>: <fact with the values>." */
export class MariaError extends Error {
  /** Stable machine-readable name, for example `vocabulary-mismatch`. */
  readonly code: string;
  readonly exitStatus: ExitStatus;
  readonly try: string | undefined;
  readonly facts: Facts;

  constructor(code: string, exitStatus: ExitStatus, message: string, options: MariaErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.exitStatus = exitStatus;
    this.try = options.try;
    this.facts = options.facts ?? {};
  }
}

/** The caller asked for something that makes no sense (options, text without a gap): exit 2. */
export class UsageError extends MariaError {
  constructor(code: string, message: string, options?: MariaErrorOptions) {
    super(code, ExitStatus.usage, message, options);
  }
}

/** A model or a data file is missing, damaged or does not fit: exit 3. */
export class DataError extends MariaError {
  constructor(code: string, message: string, options?: MariaErrorOptions) {
    super(code, ExitStatus.data, message, options);
  }
}

/** The network is away, or a server does not give what is needed: exit 4. */
export class NetworkError extends MariaError {
  constructor(code: string, message: string, options?: MariaErrorOptions) {
    super(code, ExitStatus.network, message, options);
  }
}

/** A runtime library or a device does not work: exit 5. */
export class DeviceError extends MariaError {
  constructor(code: string, message: string, options?: MariaErrorOptions) {
    super(code, ExitStatus.device, message, options);
  }
}

/** The user or a signal stopped the work: exit 130. Its name is `AbortError`, as that of `fetch` and of Node's own functions. */
export class InterruptedError extends MariaError {
  constructor(message = 'Interrupted.') {
    super('interrupted', ExitStatus.interrupted, message);
    this.name = 'AbortError';
  }
}
