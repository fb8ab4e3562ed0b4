// A backend whose runs take long turns of the event loop, with one for others before each.
import { type Backend, ownTurn } from '@maria/core';

export function inTurns(backend: Backend): Backend {
  return {
    ...backend,
    compile: async (...program) => {
      const executable = await backend.compile(...program);
      return {
        ...executable,
        run: async (...given) => {
          await ownTurn();
          return executable.run(...given);
        },
      };
    },
  };
}
