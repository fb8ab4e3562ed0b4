// What intents start and stop. The reducer says what is shown; this makes it happen.
import { InterruptedError, type MariaModel, type Model } from '@maria/core';
import { samplerFor, samplers } from '@maria/core/samplers';
import type { Filling } from '../options.js';
import { createPlayer, type Player } from '../replay/player.js';
import { checkVocabulary, type Recording } from '../replay/recording.js';
import type { Intent } from '../state/actions.js';
import { asksOfTokens } from '../state/asked.js';
import { lengthsOf, placeOf, readingOf } from '../state/gap-places.js';
import { messageOf } from '../state/message.js';
import { resultOf } from '../state/reducer.js';
import { refusalOf } from '../state/refusal.js';
import type { AppState } from '../state/state.js';
import type { Store } from '../state/store.js';
import { scrolled } from '../view/scrolled.js';
import type { Theme } from '../view/theme.js';
import { type AnnealSession, createAnnealSession } from './anneal-session.js';
import { createInfillSession, explainGaps, type InfillSession } from './infill-session.js';
import { Turns } from './turns.js';

export interface ControllerOptions {
  readonly loadModel: () => Promise<Model>;
  readonly recording?: { readonly name: string; readonly recording: Recording } | undefined;
  readonly filling: Filling;
  /** Fills or anneals as soon as the model is there. */
  readonly starts: boolean;
  readonly repaint: () => void;
  /** What the text is drawn with: how many lines it has depends on it. */
  readonly theme: Theme;
}

function isPair(model: Model): model is MariaModel {
  return [model.ar, model.mlm, model.head].every((part) => part !== undefined);
}

/** What is typed further is another attempt, and so is what a form is opened for. */
function endsAttempt({ type }: Intent): boolean {
  return ['insert', 'delete-backward', 'delete-forward', 'clear-draft', 'open-form', 'leave-form'].includes(
    type,
  );
}

/** Whether anything is asked of the tokens of the selected gap. */
function isAsked({ infill, model }: AppState): boolean {
  const { run } = infill;
  if (run === undefined) return false;
  const { gap } = placeOf(lengthsOf(run, readingOf(model.vocabulary)), run.selected);
  return asksOfTokens(run.asked[gap] ?? {});
}

export class Controller {
  /** The text that was chosen; rejects for Ctrl-C. */
  readonly result: Promise<string>;
  private readonly store: Store;
  private readonly options: ControllerOptions;
  private readonly turns = new Turns();
  private model: Model | undefined;
  private infill: InfillSession | undefined;
  private anneal: AnnealSession | undefined;
  private player: Player | undefined;
  private resolve!: (text: string) => void;
  private reject!: (reason: unknown) => void;

  constructor(store: Store, options: ControllerOptions) {
    this.store = store;
    this.options = options;
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Loads the model; the screens can be used meanwhile. */
  async start(): Promise<void> {
    const { store, options } = this;
    try {
      const model = await options.loadModel();
      this.model = model;
      if (options.recording)
        checkVocabulary(options.recording.recording, model.vocabulary.size, options.recording.name);
      this.infill = createInfillSession(store, model, this.turns, options.filling);
      if (isPair(model)) this.anneal = createAnnealSession(store, model, this.turns);
      const { vocabulary, ar, mlm, denoiser } = model;
      store.dispatch({
        type: 'model-ready',
        vocabulary,
        ...(ar && { cacheCapacity: ar.capacity }),
        contextCapacity: (denoiser ?? mlm)!.maxLength,
        isDrawn: denoiser !== undefined && !samplers[samplerFor(denoiser, options.filling.sampler)].exact,
      });
    } catch (error) {
      // Without a model there is nothing to do here: the command line tells why.
      this.reject(error);
      return;
    }
    if (options.recording) this.replay(options.recording.recording);
    else if (options.starts) this.begin();
  }

  /** Tells the store of an intent, and does what follows from it. */
  handle(intent: Intent): void {
    const { store } = this;
    if (intent.type === 'scroll') {
      const action = scrolled(store.getState(), intent, this.options.theme);
      if (action !== undefined) store.dispatch(action);
      return;
    }
    const refusal = refusalOf(store.getState(), intent);
    // Whoever goes on has read it.
    if (store.getState().notice !== undefined || refusal !== undefined)
      store.dispatch({
        type: 'notify',
        notice: refusal === undefined ? undefined : { kind: 'note', text: refusal },
      });
    if (refusal !== undefined) return;
    if (store.getState().infill.attempt && endsAttempt(intent)) this.infill?.stop();
    if (intent.type === 'choose-candidate' && isAsked(store.getState())) {
      this.infill?.take();
      return;
    }
    store.dispatch(intent);
    switch (intent.type) {
      case 'abort':
        this.reject(new InterruptedError());
        break;
      case 'quit':
        this.resolve(resultOf(store.getState()));
        break;
      case 'repaint':
        this.options.repaint();
        break;
      case 'fill':
      case 'reseed':
      case 'fill-onward':
        if (this.player) this.player.play();
        else this.infill?.fill();
        break;
      case 'ask':
      case 'lengthen-gap':
      case 'shorten-gap':
      case 'open-gap':
        this.infill?.fill();
        break;
      case 'find-best':
        this.infill?.findBest();
        break;
      case 'take-fill':
        this.infill?.explain();
        break;
      case 'leave-fills':
      case 'undo':
      case 'redo':
      case 'edit-filled':
      case 'stop-filling':
        this.infill?.stop();
        break;
      case 'switch-screen':
        this.begin();
        break;
      case 'restart':
        if (this.player) this.player.play();
        else this.anneal?.start((store.getState().anneal.seed + 1) % 2 ** 32);
        break;
      case 'step':
        if (store.getState().isReplay) this.player?.step();
        else this.anneal?.wake();
        break;
      case 'toggle-pause':
        this.anneal?.wake();
        break;
      default:
    }
  }

  /** Stops everything. The model is released when nothing computes with it any more. */
  async close(): Promise<void> {
    this.player?.stop();
    this.infill?.stop();
    this.anneal?.stop();
    await this.turns.take(async () => {});
    this.model?.dispose();
  }

  /** The screen's first run, when it is shown for the first time. */
  private begin(): void {
    const { screen, anneal, infill } = this.store.getState();
    if (screen === 'anneal' && anneal.phase === 'idle') this.anneal?.start(anneal.seed);
    if (screen === 'infill' && infill.phase === 'idle' && !infill.isEditing && infill.draft.trim() !== '')
      this.infill?.fill();
  }

  private replay(recording: Recording): void {
    const { store, model, turns } = this;
    this.player = createPlayer(store, recording, () => {
      // Of several fills the best one.
      store.dispatch({ type: 'infill-stopped', message: undefined });
      if (model === undefined || !isPair(model)) return;
      explainGaps(store, model, turns, new AbortController().signal).catch((error: unknown) => {
        const text = messageOf(error);
        if (text !== undefined) store.dispatch({ type: 'notify', notice: { kind: 'error', text } });
      });
    });
    this.player.play();
  }
}
