// What an input may hold.
export const inputFormats = ['text', 'jsonl', 'parquet'] as const;
export type InputFormat = (typeof inputFormats)[number];
