// What --dry-run tells of a run.
import type { TrainingEstimate, TrainingPlan } from '@maria/training';
import { readableSize } from '../readable-size.js';
import { readableDuration } from './readable-duration.js';

export function planLines(plan: TrainingPlan, estimate: TrainingEstimate): string[] {
  const { settings, head, memory, from } = plan;
  const size = (bytes: number) => readableSize(Math.round(bytes));
  const total = Object.values(memory).reduce((sum, bytes) => sum + bytes, 0);
  return [
    `data: ${plan.documents} documents, ${plan.windows} windows of up to ${settings.window} tokens, ${plan.tokens} tokens${plan.isPart ? '; the run needs no more of it' : ''}`,
    `held out: ${plan.evalWindows === 0 ? 'none' : `${plan.evalWindows} windows`}`,
    `head: ${head.vocabularySize} × (${head.ar} + ${head.mlm}), from ${settings.init === 'model' ? 'the model' : `${settings.init} values`}`,
    `steps: ${from > 0 ? `${from} taken, ` : ''}${settings.steps} of ${settings.batch} windows, ${plan.epochs.toPrecision(3)} epochs, masked at ${settings.maskRate}`,
    `learning rate: ${settings.learningRate}, ${settings.schedule}, warm-up ${settings.warmup}; weight decay ${settings.weightDecay}, ${settings.clip > 0 ? `clipped at ${settings.clip}` : 'not clipped'}`,
    `memory: ${size(total)} (backbones ${size(memory.backbones)}, head ${size(memory.head)}, optimizer ${size(memory.optimizer)}, gradient ${size(memory.gradient)}, logits ${size(memory.logits)}, features ${size(memory.features)}, evaluation ${size(memory.evaluation)}, data ${size(memory.data)})`,
    `disk: up to ${size(plan.disk)}`,
    `time: ${readableDuration(estimate.stepMs)} a step, ${readableDuration(estimate.totalMs)} in all, without evaluations and saves (measured now)`,
  ];
}
