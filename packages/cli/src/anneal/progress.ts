// How far annealing is, as one line for the terminal.
import type { AnnealEvent } from '@maria/core';

/** Follows one chain and tells where it is. */
export class ChainProgress {
  private readonly place: string;
  private readonly sweeps: string;
  private sweep = 0;
  private masked = 0;
  private filled = 0;
  private schedule = '';
  private outcome = '';
  private accepted = 0;
  private ended = 0;

  constructor({ chain, chains, sweeps }: { chain: number; chains: number; sweeps: number | undefined }) {
    this.place = chains > 1 ? `chain ${chain + 1}/${chains}  ` : '';
    this.sweeps = sweeps === undefined ? '' : `/${sweeps}`;
  }

  follow(event: AnnealEvent): void {
    if (event.type === 'sweep-start') {
      this.sweep = event.sweep + 1;
      this.masked = event.masked.length;
      this.filled = 0;
      this.schedule = `  T ${event.temperature.toFixed(2)}  mask rate ${event.maskRate.toFixed(2)}`;
    } else if (event.type === 'gap-filled') this.filled++;
    else if (event.type === 'sweep-end') {
      this.ended++;
      if (event.accepted) this.accepted++;
      this.outcome = `  energy ${event.energy.toFixed(1)} nats  accepted ${this.accepted}/${this.ended}  ${(event.elapsedMs / 1000).toFixed(1)} s`;
    }
  }

  line(): string {
    const { place, sweep, sweeps, filled, masked, schedule, outcome } = this;
    return `${place}sweep ${sweep}${sweeps}  filled ${filled}/${masked}${schedule}${outcome}`;
  }
}
