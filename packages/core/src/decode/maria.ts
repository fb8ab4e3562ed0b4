// The system `maria`: the MLM reads the masked sequence, once unless it is asked to read again, the AR model fills it with its KV cache, and each token is
// chosen from softmax(W3 [h_ar(i-1); h_mlm(i)] + b) (MARIA, arXiv 2502.06901).
import { refreshFor } from '../maria/refresh.js';
import { type Matrix, row } from '../tensor/values.js';
import { HiddenBefore, hiddenWithin } from './hidden-pair.js';
import { leftToRight, readShared } from './left-to-right.js';
import type { ListQuestion } from './listed-choice.js';
import { MlmHalf, SharedReadings } from './mlm-half.js';
import { searches } from './search-fills.js';
import { Speculated } from './speculate.js';

export const maria = leftToRight(['ar', 'mlm', 'head'], {
  async open(sequence, task) {
    const { prepared, masked } = task;
    const first = await hiddenWithin(sequence, prepared.ids, masked);
    const shared = searches(task) ? new SharedReadings() : undefined;
    return { first, shared, passes: { mlm: 1, ar: await readShared(sequence, task) } };
  },
  read(
    sequence,
    { model, prepared: { ids, constraints }, masked, options },
    { first, shared },
    sample,
    speculation,
  ) {
    const refresh = refreshFor(options.refresh ?? model.refresh ?? 'off', masked, ids.length);
    const lists = options.exact ? undefined : sequence.head.shortlists;
    // Where shortlists serve, whole rows are asked for now and then, one by one.
    const rowsAtOnce = lists && !constraints ? 1 : sequence.rowsAtOnce;
    const mlm = new MlmHalf({ ...sequence, rowsAtOnce }, { ids, masked, first, refresh, shared });
    const before = new HiddenBefore(sequence, ids, { chunk: options.chunk, isAgain: sample > 0 });
    const shortlists = (questions: readonly ListQuestion[], mlm: Matrix, ar?: Matrix, mlmWeight = 1) =>
      lists!(
        questions.map(({ allowed, ids, temperature }, i) => {
          const hidden = { ar: ar && row(ar, i), mlm: row(mlm, i) };
          return { ...hidden, mlmWeight, allowed, ids, temperature };
        }),
      );
    const source = new Speculated(
      {
        begin: (first) => before.begin(masked[first]!),
        read: (first, count) => before.at(masked.slice(first, first + count)),
        arRows: (hidden) => sequence.head.arLogits(hidden),
        alone: (index) =>
          sequence.alone(async () => {
            const ar = await sequence.head.arLogits(await before.alone(masked[index]!));
            return { ar, mlm: await sequence.head.mlmLogits(mlm.hidden(index)) };
          }),
        lists: lists && {
          async read(first, hidden, questions) {
            const rows = await mlm.hiddenRows(first, questions.length);
            return shortlists(questions.slice(0, rows.rows), rows, hidden);
          },
          ahead: (first, mlmWeight, questions) =>
            shortlists(questions, mlm.knownHidden(first, questions.length), undefined, mlmWeight),
          alone: (index, question) =>
            sequence.alone(async () => {
              const hidden = await before.alone(masked[index]!);
              const [list] = await shortlists([question], mlm.hidden(index), hidden);
              return list!;
            }),
        },
        mlmRow: (index) => mlm.row(index),
        mlmRows: (first, count) => mlm.known(first, count),
        set: (index, id) => {
          before.set(masked[index]!, id);
          mlm.set(index, id);
        },
        forget: (index) => before.forget(masked[index]!),
      },
      speculation,
    );
    return {
      get passes() {
        return { mlm: mlm.passes, ar: before.passes };
      },
      next: (index, out) => source.next(index, out),
      again: (index, out) => source.again(index, out),
      ...(lists && {
        list: (index, question) => source.list(index, question),
        listAgain: (index, question) => source.listAgain(index, question),
      }),
      set: (index, id) => source.set(index, id),
    };
  },
});
