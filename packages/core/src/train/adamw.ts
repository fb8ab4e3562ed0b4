// AdamW as a program: Adam with decoupled weight decay (Loshchilov, Hutter: Decoupled weight decay regularization; 2019).
import { add, divide, multiply, sqrt, subtract } from '../ops/elementwise.js';
import type { Inputs } from '../tensor/backend.js';
import { input } from '../tensor/leaves.js';
import type { Update } from '../tensor/program.js';
import type { Tensor } from '../tensor/tensor.js';
import { float32 } from '../tensor/values.js';

export interface AdamWOptions {
  /** Decay of the mean of gradients. @default 0.9 */
  beta1?: number;
  /** Decay of the mean of squared gradients. @default 0.999 */
  beta2?: number;
  /** Added to the root of the second moment. @default 1e-8 */
  epsilon?: number;
  /** Share of a parameter that is taken off at a step, times the learning rate. @default 0.01 */
  weightDecay?: number;
}

export type AdamWSettings = Required<AdamWOptions>;

export function adamWSettings(options: AdamWOptions = {}): AdamWSettings {
  return { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, ...options };
}

/** What one step uses of the learning rate and the step's number, as scalars that are inputs of the program. */
export interface AdamWScalars {
  /** 1 - learning rate × weight decay */
  readonly keep: Tensor;
  /** (1 - beta1) × the gradient's scale */
  readonly firstShare: Tensor;
  /** (1 - beta2) × the gradient's scale squared */
  readonly secondShare: Tensor;
  /** The learning rate with both bias corrections in it. */
  readonly rate: Tensor;
  /** epsilon with the bias correction of the second moment in it. */
  readonly epsilon: Tensor;
}

export function adamWScalars(): AdamWScalars {
  const scalar = (name: string) => input(name, []);
  return {
    keep: scalar('keep'),
    firstShare: scalar('firstShare'),
    secondShare: scalar('secondShare'),
    rate: scalar('rate'),
    epsilon: scalar('epsilon'),
  };
}

export interface Step {
  /** From 1. */
  readonly number: number;
  readonly learningRate: number;
  /** Multiplies the gradient first: 1/n of a sum over n, and what clipping leaves. */
  readonly gradientScale: number;
}

/**
 * The scalars of a step. m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) is written as
 * c m / (sqrt(v) + epsilon'), which spares two passes over every parameter.
 */
export function adamWInputs(step: Step, settings: AdamWSettings): Inputs {
  const { beta1, beta2, epsilon, weightDecay } = settings;
  const { number, learningRate, gradientScale } = step;
  const secondCorrection = Math.sqrt(1 - beta2 ** number);
  const scalars: Record<keyof AdamWScalars, number> = {
    keep: 1 - learningRate * weightDecay,
    firstShare: (1 - beta1) * gradientScale,
    secondShare: (1 - beta2) * gradientScale ** 2,
    rate: (learningRate * secondCorrection) / (1 - beta1 ** number),
    epsilon: epsilon * secondCorrection,
  };
  return Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, float32([value], [])]));
}

/** Variables of one shape: a parameter, its gradient, and the moments, zero before the first step. */
export interface AdamWVariables {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly first: Tensor;
  readonly second: Tensor;
  /** Whether weight decay takes off of the parameter. @default true */
  readonly decays?: boolean;
}

/** One step for one parameter. The gradient stays as it is. */
export function adamW(variables: AdamWVariables, scalars: AdamWScalars, settings: AdamWSettings): Update[] {
  const { parameter, gradient, first, second, decays = true } = variables;
  const newFirst = add(multiply(first, settings.beta1), multiply(gradient, scalars.firstShare));
  const newSecond = add(
    multiply(second, settings.beta2),
    multiply(multiply(gradient, gradient), scalars.secondShare),
  );
  const change = multiply(divide(newFirst, add(sqrt(newSecond), scalars.epsilon)), scalars.rate);
  return [
    [first, newFirst],
    [second, newSecond],
    [parameter, subtract(decays ? multiply(parameter, scalars.keep) : parameter, change)],
  ];
}
