// The backends under test: those of the table. What needs a GPU computes here with kernels in plain JavaScript.
import { type BackendName, backendNames } from '@maria/kernels/backends';

/** Its kernels in JavaScript take seconds where others take milliseconds. */
export const isSimulated = (name: BackendName) => name === 'tfjs';

/** The reference is plain TypeScript, and simulated kernels are slower: what another backend is held to wholly, these are in part. */
export const isSlow = (name: BackendName) => isSimulated(name) || name === 'reference';

/** Those that run as they do for users, in processes of their own too. */
export const installedBackends = backendNames.filter((name) => !isSimulated(name));

/** Those that are held to the reference. */
export const heldToReference = backendNames.filter((name) => name !== 'reference');
