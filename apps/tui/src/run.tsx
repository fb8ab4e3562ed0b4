// Puts it all together: terminal, store, controller and the drawing.
import { render } from 'ink';
import { Root } from './components/root.js';
import { intentOf, modeOf } from './keys/keymap.js';
import type { TuiOptions } from './options.js';
import { Controller } from './session/controller.js';
import { initialState } from './state/state.js';
import { createStore } from './state/store.js';

import { Keyboard, type KeyInput } from './terminal/keyboard.js';
import { Screen } from './terminal/screen.js';
import { themeOf } from './view/theme.js';

/** As many as a list of a screen shows without scrolling. */
const defaultBest = 8;

/** Returns the text that was chosen. @throws InterruptedError for Ctrl-C, and what loading the model throws */
export async function run(options: TuiOptions): Promise<string> {
  const { terminal, keys, text, screen: first, seed, temperature, sweeps, filling, signal } = options;
  const size = () => ({ columns: terminal.columns, rows: terminal.rows });
  const isReplay = options.recording !== undefined;
  const store = createStore(
    initialState({
      text,
      screen: options.recording?.recording.kind ?? first,
      seed,
      temperature,
      sweeps,
      system: filling.system ?? 'maria',
      asked: options.asked,
      best: options.best ?? defaultBest,
      isReplay,
      size: size(),
    }),
  );
  const screen = new Screen(terminal);
  const theme = themeOf(options.theme);
  const controller = new Controller(store, {
    loadModel: () =>
      options.loadModel((line) => store.dispatch({ type: 'notify', notice: { kind: 'note', text: line } })),
    recording: options.recording,
    filling,
    starts: !isReplay,
    repaint: () => screen.repaint(),
    theme,
  });
  const keyboard = new Keyboard(keys, (input) => onInput(input));
  const onInput = (input: KeyInput) => {
    const state = store.getState();
    const mode = modeOf(state);
    const pasted = 'paste' in input;
    if (pasted && mode !== 'edit' && mode !== 'ask') return;
    const intent = pasted
      ? ({ type: 'insert', text: input.paste } as const)
      : intentOf(mode, input.key, state);
    if (intent !== undefined) controller.handle(intent);
  };
  const onResize = () => {
    // The frame of the old size would not fit.
    screen.clear();
    store.dispatch({ type: 'resize', ...size() });
  };
  const onAbort = () => controller.handle({ type: 'abort' });
  // However the process ends, the terminal is given back.
  const restore = () => {
    keyboard.close();
    screen.close();
  };

  process.on('exit', restore);
  terminal.on('resize', onResize);
  signal.addEventListener('abort', onAbort);
  screen.open();
  keyboard.open();
  const app = render(<Root store={store} theme={theme} />, {
    // Ink asks for a stream of a terminal; it uses the width and the writes.
    stdout: screen as unknown as NodeJS.WriteStream,
    debug: true,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  try {
    if (signal.aborted) onAbort();
    else void controller.start();
    return await Promise.race([controller.result, failureOf(app.waitUntilExit())]);
  } finally {
    store.close();
    app.unmount();
    restore();
    process.off('exit', restore);
    terminal.off('resize', onResize);
    signal.removeEventListener('abort', onAbort);
    await controller.close();
  }
}

/** Drawing goes on until it is told to stop: it ends by itself only when a component throws. */
async function failureOf(exit: Promise<unknown>): Promise<never> {
  await exit;
  throw new Error('the screen ended by itself');
}
