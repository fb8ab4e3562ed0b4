// The page itself: a text with gaps, what is asked of them, and what came of it.

import type { MariaError } from '@maria/core/errors';
import { type ParsedGaps, parseGaps } from '@maria/core/gaps';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Candidates } from '../candidates.js';
import { AskError, fillEvents, type Server, serverTold } from './ask.js';
import { type AskedOfGap, askedAfter, fieldsOf, nothingAsked } from './asked-of-gap.js';
import { FilledText } from './filled-text.js';
import { afterEvent, beginFilling, type FillEvent, type Filling } from './filling.js';
import { GapFields } from './gap-fields.js';

const example = 'Once upon a time there was a little [MASK] who lived in a [MASK*2] by the sea.';

/** Of each model. */
const candidates = 5;

interface Failure {
  readonly message: string;
  readonly advice?: string | undefined;
  readonly field?: string | undefined;
}

export function TryPage() {
  const [text, setText] = useState(example);
  const [asked, setAsked] = useState<readonly AskedOfGap[]>([]);
  const [temperature, setTemperature] = useState('0');
  const [seed, setSeed] = useState('0');
  const [key, setKey] = useState('');
  const [needsKey, setNeedsKey] = useState(false);
  const [server, setServer] = useState<Server>();
  const [filling, setFilling] = useState<Filling>();
  const [selected, setSelected] = useState<number>();
  const [failure, setFailure] = useState<Failure>();
  const [status, setStatus] = useState('');
  const [running, setRunning] = useState<AbortController>();
  const area = useRef<HTMLTextAreaElement>(null);
  /** Of the last text that could be read. */
  const read = useRef<ParsedGaps>(parseGaps(example));

  const fail = (error: unknown) => {
    if (error instanceof AskError && error.status === 401) setNeedsKey(true);
    setFailure(failureOf(error));
  };
  useEffect(() => {
    const controller = new AbortController();
    setStatus('Connecting…');
    serverTold(key, controller.signal).then(
      (told) => {
        setServer(told);
        setFailure(undefined);
        setStatus(`${told.model} is ready.`);
      },
      (error: Error) => {
        if (error.name === 'AbortError') return;
        setStatus('');
        fail(error);
      },
    );
    return () => controller.abort();
  }, [key]);

  const marks = server === undefined ? {} : { maskToken: server.maskToken };
  const gaps = parsedOf(text, marks)?.gaps ?? [];
  const write = (edited: string) => {
    setText(edited);
    const parsed = parsedOf(edited, marks);
    if (parsed === undefined) return;
    setAsked(askedAfter(asked, read.current, parsed));
    read.current = parsed;
  };
  const fill = async () => {
    running?.abort();
    const controller = new AbortController();
    setRunning(controller);
    setFailure(undefined);
    setFilling(undefined);
    setSelected(undefined);
    try {
      const fields = gaps.map((_, i) => fieldsOf(asked[i] ?? nothingAsked, i + 1));
      let now = beginFilling(parseGaps(text, marks));
      setFilling(now);
      setStatus('Filling…');
      const settings = { temperature: Number(temperature), ...(seed !== '' && { seed: Number(seed) }) };
      const told = {
        stream: true,
        alternatives: candidates,
        explain: candidates,
        line_breaks: text.includes('\n'),
      };
      const body = { text, gaps: fields, ...settings, ...told };
      for await (const event of fillEvents(body, key, controller.signal)) {
        if (controller.signal.aborted) return;
        now = afterEvent(now, event as FillEvent);
        setFilling(now);
        if ((event as FillEvent).type === 'done') setStatus(`Filled: ${now.text}`);
      }
    } catch (error) {
      if (controller.signal.aborted) return;
      setStatus('');
      fail(error);
    }
    setRunning(undefined);
  };
  const stop = () => {
    running?.abort();
    setRunning(undefined);
    setStatus('Stopped.');
  };
  // The caret is put at once: keys may come before the next frame.
  const insertGap = () => {
    const { current: field } = area;
    field!.focus();
    field!.setRangeText('[MASK]', field!.selectionStart, field!.selectionEnd, 'end');
    write(field!.value);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const isCommand = event.ctrlKey || event.metaKey;
    if (event.key === 'Escape' && running) stop();
    else if (event.key === 'Enter' && isCommand) void fill();
    else if (event.key === 'g' && isCommand && event.target === area.current) insertGap();
    else return;
    event.preventDefault();
  };
  // Wherever the focus is: what had it may be gone.
  useLayoutEffect(() => {
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  });
  const token = filling?.tokens.find(({ position }) => position === selected);
  return (
    <div class="page">
      <header>
        <h1>maria</h1>
        <p>Fills gaps in text{server === undefined ? '' : ` with ${server.model}`}.</p>
      </header>
      <main>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void fill();
          }}
        >
          {needsKey && (
            <label class="key" for="key">
              Key of the server
              <input
                id="key"
                type="password"
                autocomplete="off"
                value={key}
                onChange={(event) => setKey(event.currentTarget.value.trim())}
              />
            </label>
          )}
          <label for="text">Text with gaps</label>
          <textarea
            id="text"
            ref={area}
            rows={4}
            dir="auto"
            aria-describedby="markers"
            value={text}
            onInput={(event) => write(event.currentTarget.value)}
          />
          <p id="markers" class="hint">
            <code>[MASK]</code> is a gap of one token, <code>[MASK*3]</code> of three, <code>[MASK*2-6]</code>{' '}
            of two to six, <code>[MASK*?]</code> of any number. Ctrl+G writes one, Ctrl+Enter fills, Escape
            stops.
          </p>
          <div class="fields">
            <label for="temperature">
              Temperature
              <input
                id="temperature"
                type="number"
                min="0"
                max="100"
                step="0.1"
                value={temperature}
                onInput={(event) => setTemperature(event.currentTarget.value)}
              />
            </label>
            <label for="seed">
              Seed
              <input
                id="seed"
                type="number"
                min="0"
                max="4294967295"
                value={seed}
                onInput={(event) => setSeed(event.currentTarget.value)}
              />
            </label>
            <span class="actions">
              <button type="button" onClick={insertGap}>
                Insert gap
              </button>
              {running === undefined ? (
                <button type="submit" class="main">
                  Fill
                </button>
              ) : (
                <button type="button" class="main" onClick={stop}>
                  Stop
                </button>
              )}
            </span>
          </div>
          {gaps.length > 0 && (
            <details>
              <summary>What is asked of the gaps</summary>
              {gaps.map(({ marker }, i) => (
                <GapFields
                  key={i}
                  number={i + 1}
                  marker={marker}
                  asked={asked[i] ?? nothingAsked}
                  isRefused={failure !== undefined && isAbout(failure, i + 1)}
                  onChange={(one) =>
                    setAsked(gaps.map((_, at) => (at === i ? one : (asked[at] ?? nothingAsked))))
                  }
                />
              ))}
            </details>
          )}
        </form>
        <p class="unseen" role="status">
          {status}
        </p>
        {failure !== undefined && (
          <div class="failure" role="alert">
            <p>{failure.message}</p>
            {failure.advice !== undefined && <p>Try: {failure.advice}</p>}
            {failure.field !== undefined && (
              <p>
                Field: <code>{failure.field}</code>
              </p>
            )}
          </div>
        )}
        {filling !== undefined && (failure === undefined || filling.tokens.length > 0) && (
          <section aria-label="Filled text">
            <FilledText filling={filling} selected={selected} onSelect={setSelected} />
            <p class="hint">{summaryOf(filling)}</p>
            {token !== undefined && (
              <Candidates
                caption={`Candidates for token ${token.index + 1} of gap ${token.gap + 1}${massOf(token.legalMass)}`}
                rows={token.candidates}
                chosen={token.id}
              />
            )}
          </section>
        )}
      </main>
    </div>
  );
}

/** Undefined while half of a marker stands there; who fills is told. */
function parsedOf(text: string, marks: { readonly maskToken?: string }): ParsedGaps | undefined {
  try {
    return parseGaps(text, marks);
  } catch {
    return undefined;
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof AskError) return error;
  const { message, try: advice } = error as Pick<MariaError, 'message' | 'try'>;
  return { message, advice };
}

function isAbout({ message }: Failure, gap: number): boolean {
  return new RegExp(`\\bgap ${gap}\\b`).test(message);
}

function massOf(legalMass: number | undefined): string {
  return legalMass === undefined
    ? ''
    : `: what is asked had ${(100 * legalMass).toPrecision(3)} % of the probability`;
}

function summaryOf({ tokens, lengths, logLikelihood, runSeed }: Filling): string {
  const all = lengths.every((length) => length !== undefined)
    ? lengths.reduce<number>((sum, length) => sum + length!, 0)
    : undefined;
  return [
    `${tokens.length}${all === undefined ? '' : ` of ${all}`} tokens`,
    ...(logLikelihood === undefined ? [] : [`log-likelihood ${logLikelihood.toFixed(2)}`]),
    ...(runSeed === undefined ? [] : [`seed ${runSeed}`]),
  ].join(', ');
}
