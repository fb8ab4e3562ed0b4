// How long the idle threads of a run wait for the next op with their core in hand, before they give it back.

/**
 * Session settings. A thread that sleeps takes some 30 µs to wake, and a decode step has a hundred ops: with 10 µs of spinning a
 * step of 270 million int4 weights took 9.0 ms for 12.3 on a quiet machine, and as long as without on a busy one. Spinning to the
 * end of the run, ONNX Runtime's own choice, is no faster, and several times slower where others use the cores.
 */
export const spinSettings = {
  'session.intra_op.allow_spinning': '1',
  'session.intra_op.spin_duration_us': '10',
  // Between runs the cores belong to the other sessions: a model's parts take turns.
  'session.force_spinning_stop': '1',
} as const;
