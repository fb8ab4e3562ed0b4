// Command line: rewrites a .safetensors file in float16, half as large. For the head of a pair that is stored so too.
import { openSafetensors, writeSafetensors } from '@maria/checkpoints';
import { float32ToFloat16 } from '@maria/core';

const [file] = process.argv.slice(2);
try {
  if (file === undefined) throw new Error('Usage: store-half FILE.safetensors');
  const { entries, metadata, read } = openSafetensors(file);
  const tensors = [...entries].map(([name, { shape }]) => ({
    name,
    shape,
    data: float32ToFloat16(read(name)),
  }));
  await writeSafetensors(file, tensors, Object.fromEntries(metadata));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
