// Chooses what runs programs: the backend of a name, or the first that works here.
import { type Backend, MariaError, UsageError } from '@maria/core';
import { autoBackends, type BackendChoice, backendChoices, backends, type OpenOptions } from './backends.js';

export interface ChooseBackendOptions extends OpenOptions {
  /** `auto` goes on to the next backend of its list where one cannot be used, with a warning. @default 'auto' */
  backend?: BackendChoice;
  /** Hears why the backend that `auto` prefers cannot be used. */
  onWarning?: (message: string) => void;
}

/** A backend whose library is loaded. @throws DeviceError when it cannot be used; UsageError for one of another name */
export async function chooseBackend(options: ChooseBackendOptions = {}): Promise<Backend> {
  const { backend = 'auto', threads, libraryPath, onWarning } = options;
  const choice = readBackendChoice(backend);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1))
    throw new UsageError(
      'threads-invalid',
      `Cannot use ${threads} threads: it must be a whole number from 1.`,
      { try: 'Leave it out: the physical cores that this process may use are taken.' },
    );
  const opening = { threads, libraryPath };
  if (choice !== 'auto') return backends[choice].open(opening);
  let failure: MariaError | undefined;
  for (const name of autoBackends) {
    const { description, open } = backends[name];
    if (failure) onWarning?.(`${failure.message} Using ${description}.`);
    try {
      return await open(opening);
    } catch (error) {
      if (!(error instanceof MariaError)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** The choice that a user's word names. @throws UsageError when there is none of this name */
export function readBackendChoice(name: string): BackendChoice {
  const choice = backendChoices.find((known) => known === name);
  if (choice !== undefined) return choice;
  throw new UsageError('backend-unknown', `Cannot use the backend "${name}": there is none of this name.`, {
    try: `Use one of ${backendChoices.join(', ')}.`,
  });
}
