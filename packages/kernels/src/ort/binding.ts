// An IoBinding: tensors bound to a session's inputs and outputs by name, and the runs over them.
import type { Handle } from './api-table.js';
import { Resources } from './resources.js';
import type { OrtRuntime } from './runtime.js';
import type { Session } from './session.js';

export interface Binding {
  /** The library copies the reference, not the tensor: the tensor's memory must outlive the runs. */
  bindInput(name: string, value: Handle<'Value'>): void;
  bindOutput(name: string, value: Handle<'Value'>): void;
  /** One run on a worker thread. One at a time: the caller sees to that. @throws OrtError */
  run(): Promise<void>;
  /** Makes the run in progress, or the next one, fail until `resume`. Safe from any thread. */
  terminate(): void;
  resume(): void;
  /** Not while a run is in progress. Safe to call again. */
  dispose(): void;
}

export function createBinding({ api }: OrtRuntime, session: Session): Binding {
  const resources = new Resources('the binding');
  const options = resources.own(api.CreateRunOptions(), api.ReleaseRunOptions);
  const handle = resources.own(api.CreateIoBinding(session.handle), api.ReleaseIoBinding);
  const knowsOutput = new Set(session.outputNames);
  return {
    bindInput: (name, value) => api.BindInput(resources.live(handle), name, value),
    bindOutput: (name, value) => {
      // The library takes any name here and computes nothing for one that it does not know.
      if (!knowsOutput.has(name)) throw new Error(`the graph has no output "${name}"`);
      api.BindOutput(resources.live(handle), name, value);
    },
    run: async () => {
      // Inputs are on their way to the card, in another queue than that of the run.
      if (session.device.kind === 'cuda') api.SynchronizeBoundInputs(resources.live(handle));
      return api.async.RunWithBinding(session.handle, options, resources.live(handle));
    },
    terminate: () => api.RunOptionsSetTerminate(resources.live(options)),
    resume: () => api.RunOptionsUnsetTerminate(resources.live(options)),
    dispose: () => resources.dispose(),
  };
}
