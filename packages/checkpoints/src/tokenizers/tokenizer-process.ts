// A process of its own for a tokenizer that may run away: it is ended from outside, or ends alone when it takes too much memory.
import { encodedText } from './encoded-text.js';
import { loadTokenizers, type NativeTokenizer } from './library.js';
import type { Answer, Question } from './process-tokenizer.js';

/** Beside what the process had before, and what a text of so many characters may take. */
const allowance = 512 * 2 ** 20;
const bytesPerCharacter = 2000;

const made = new Map<string, NativeTokenizer>();

async function answer({ form, tokenizer, text }: Question): Promise<Answer> {
  if (tokenizer !== undefined) made.set(form, loadTokenizers().Tokenizer.fromString(tokenizer));
  const most = process.memoryUsage.rss() + allowance + bytesPerCharacter * text.length;
  const watch = setInterval(() => {
    // Only SIGKILL ends a process of which a thread is in native code.
    if (process.memoryUsage.rss() > most)
      process.send!({ tooLarge: most } satisfies Answer, () => process.kill(process.pid, 'SIGKILL'));
  }, 20);
  try {
    return { encoded: encodedText(await made.get(form)!.encode(text, null, { addSpecialTokens: false })) };
  } finally {
    clearInterval(watch);
  }
}

process.on('message', (question: Question) => {
  answer(question).then(
    (told) => process.send!(told),
    (error: Error) => process.send!({ failure: error.message } satisfies Answer),
  );
});
// The process that asks decides what a signal of the terminal means; without it nobody waits for an answer.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
