// What every model that runs on a backend can do beside its own work.

export interface RunningModel {
  /** Stops a computation in progress: it rejects with InterruptedError. */
  interrupt(): void;
  /** Releases native memory. The model cannot be used afterwards. */
  dispose(): void;
}
