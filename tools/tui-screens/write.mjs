// Captures the screens of docs/tui.md in tmux, as text, and puts them there; with --check it only tells whether they are what they should be.
// node tools/tui-screens/write.mjs [--check]
// Needs tmux and the built command. Speeds differ from run to run and are left out. About a minute on two cores.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const pathOf = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const page = pathOf('docs/tui.md');
const maria = `'${process.execPath}' '${pathOf('packages/cli/bin/run.js')}'`;
/** Each screen has a server of its own: one that was told to end may still be there. */
let server = '';
let servers = 0;
const folder = mkdtempSync(join(tmpdir(), 'maria-screens-'));
/** No screen takes longer, also on a busy machine. */
const patienceMs = 120_000;

const text = 'Once upon a time there was a little [MASK] who lived in a [MASK*2] by the sea.';
const meeting = 'They met at [MASK] in the park.';
const tale = 'Once upon a time there was a [MASK*12] by the sea.';
/** Each of the models has said what it thinks. */
const explained = /●.* 0\.\d{3} {2}0\.\d{3} {2}0\.\d{3}/;
const anneal = 'Once upon a time [MASK*32] and they were very happy.';
const events = join(folder, 'events.jsonl');
const denoised = join(folder, 'denoised.jsonl');
const trace = join(folder, 'trace.jsonl');

/** What is typed and pressed before a capture, and what the screen must show by then. */
const screens = {
  typing: {
    size: [80, 12],
    command: 'tui',
    steps: [wait(/KV cache|KV \d/), type(text)],
    until: /by the sea\.▏/,
  },
  filling: {
    command: `tui --replay ${events}`,
    steps: [
      wait(/filled \d/),
      press(' '),
      wait(/paused/),
      press('f'),
      wait(/filled 0\/3/),
      press('.'),
      press('.'),
    ],
    until: /filled 2\/3/,
  },
  filled: {
    command: `tui '${text}'`,
    steps: [
      wait(/filled 3\/3/, /●.* 0\.\d{3} {2}0\.\d{3} {2}0\.\d{3}/),
      press('Left'),
      press('Left'),
      press('Down'),
    ],
    until: /gap token 1 of 3/,
  },
  anneal: {
    command: `tui --anneal --seed 1 '${anneal}'`,
    steps: [],
    until: /seed 1 {2}done/,
  },
  pinned: {
    command: `tui --anneal --seed 1 --sweeps 4 '${anneal}'`,
    steps: [
      wait(/seed 1 {2}done/),
      ...['{', 'v', ...Array(5).fill('Right'), 'p', 'Right', 'v', ...Array(3).fill('Right'), 'T'].map(press),
    ],
    until: /‹/,
  },
  'small-infill': {
    size: [40, 10],
    command: `tui '${text}'`,
    steps: [wait(/filled 3\/3/)],
    until: /●.* 0\.\d{3} {2}0\.\d{3} {2}0\.\d{3}/,
  },
  'small-anneal': { size: [40, 10], command: `tui --replay ${trace}`, steps: [], until: /seed 1 +done/ },
  pins: {
    command: `tui --temperature 0.8 --seed 3 '${tale}'`,
    steps: [
      wait(/filled 12\/12/, explained),
      ...['h', 'h', 'p', 'h', 'h', 'p', 'r'].map(press),
      wait(/seed 4/, /filled 12\/12, 2 pinned/, explained),
    ],
    until: /./,
  },
  onward: {
    command: `tui '${tale}'`,
    steps: [wait(/filled 12\/12/, explained), ...Array(9).fill('h').map(press), press('Down'), press('F')],
    until: /filled 12\/12.* 9 AR passes[\s\S]*/,
  },
  notice: {
    command: `tui '${text}'`,
    steps: [wait(/filled 3\/3/, explained), press('r')],
    until: /^At temperature 0/m,
  },
  asking: {
    command: `tui '${meeting}'`,
    steps: [
      wait(/filled 1\/1/, explained),
      ...['a', 'Up'].map(press),
      type('9'),
      ...['Down', 'Down'].map(press),
      type('[0-9]{2}:[0-9]{2}'),
      press('Enter'),
    ],
    until: /fills of 3 to/,
  },
  legal: {
    command: `tui --regex '[0-9]{2}:[0-9]{2}' '${meeting}'`,
    steps: [wait(/filled 3\/3/, / ✗ /), press('h'), press('h'), press('Down')],
    until: /gap token 1 of 3[\s\S]*✗/,
  },
  'small-legal': {
    size: [40, 10],
    command: `tui --regex '[0-9]{2}:[0-9]{2}' '${meeting}'`,
    steps: [wait(/filled 3\/3/, /●.* 0\.\d{3} {2}1\.000/), press('Up')],
    until: /✗/,
  },
  best: {
    command: `tui '${text}'`,
    steps: [wait(/filled 3\/3/, explained), press('b'), wait(/best fill 1 of 8, /), press('Down')],
    until: /best fill 2/,
  },
  denoising: {
    command: `tui --replay ${denoised} --system diffusion`,
    steps: [
      wait(/filled \d/),
      press(' '),
      wait(/paused/),
      press('f'),
      wait(/filled 0\/12/),
      ...Array(6).fill('.').map(press),
    ],
    until: /filled 6\/12/,
  },
  'keys-infill': {
    size: [80, 106],
    command: `tui '${text}'`,
    steps: [wait(/filled 3\/3/), press('?')],
    until: /^Keys/,
  },
  'keys-anneal': {
    size: [80, 40],
    command: `tui --anneal '${anneal}'`,
    steps: [wait(/done/), press('?')],
    until: /^Keys/,
  },
  'keys-replay-infill': {
    size: [80, 30],
    command: `tui --replay ${events}`,
    steps: [wait(/filled \d/), press('?')],
    until: /^Keys/,
  },
  'keys-replay-anneal': {
    size: [80, 30],
    command: `tui --replay ${trace}`,
    steps: [wait(/sweep/), press('?')],
    until: /^Keys/,
  },
};

function wait(...patterns) {
  return async () => void (await shows(...patterns));
}
function press(key) {
  return () => tmux('send-keys', key === ' ' ? 'Space' : key);
}
function type(characters) {
  return () => tmux('send-keys', '-l', characters);
}

function tmux(...args) {
  return execFileSync('tmux', ['-L', server, ...args], { encoding: 'utf8', env: environment });
}

const { CI: _, FORCE_COLOR: __, ...inherited } = process.env;
const environment = { ...inherited, NO_COLOR: '1' };

async function shows(...patterns) {
  const began = performance.now();
  for (;;) {
    const screen = tmux('capture-pane', '-p');
    if (patterns.every((pattern) => pattern.test(screen))) return screen;
    if (performance.now() - began > patienceMs)
      throw new Error(`the screen never showed ${patterns.join(' and ')}; it is\n${screen}`);
    await sleep(50);
  }
}

async function capture({ size = [80, 24], command, steps, until }) {
  const [columns, rows] = size.map(String);
  server = `maria-screens-${process.pid}-${servers++}`;
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', columns, '-y', rows, `${maria} ${command}`);
  try {
    for (const step of steps) await step();
    await shows(until);
    // What was pressed last is drawn within a frame.
    await sleep(300);
    return tmux('capture-pane', '-p')
      .split('\n')
      .map((line) => line.replace(/\d+\.\d tok\/s/, '… tok/s').trimEnd())
      .join('\n')
      .trimEnd();
  } finally {
    tmux('kill-server');
  }
}

function record(args, path) {
  writeFileSync(path, execFileSync('sh', ['-c', `${maria} ${args}`], { env: environment, encoding: 'utf8' }));
}

let written = readFileSync(page, 'utf8');
const before = written;
try {
  record(`infill --events --alternatives 5 '${text}'`, events);
  record(
    `infill --events --alternatives 5 --seed 3 --system diffusion --sampler p2 --steps 4 '${tale}'`,
    denoised,
  );
  record(`anneal --length 32 --seed 1 --trace '${trace}'`, join(folder, 'text.txt'));
  for (const [name, screen] of Object.entries(screens)) {
    const block = new RegExp(`(<!-- screen: ${name} -->\n)\`\`\`text\n[\\s\\S]*?\`\`\``);
    if (!block.test(written)) throw new Error(`docs/tui.md has no place for the screen "${name}"`);
    const drawn = await capture(screen);
    written = written.replace(block, (_all, marker) => `${marker}\`\`\`text\n${drawn}\n\`\`\``);
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (process.argv.includes('--check')) {
  if (written !== before) {
    const [a, b] = [before, written].map((all) => all.split('\n'));
    const line = b.findIndex((one, i) => one !== a[i]);
    process.stderr.write(
      `Cannot accept docs/tui.md: its screens are others from line ${line + 1} on.\n- ${a[line]}\n+ ${b[line]}\n`,
    );
    process.stderr.write('Try: node tools/tui-screens/write.mjs\n');
    process.exitCode = 1;
  }
} else writeFileSync(page, written);
