// What a comparison of published checkpoints takes, reckoned from their configs, and its commands: nothing is downloaded or run.
// node tools/results/published.mjs
import { pathToFileURL } from 'node:url';
import { denoiserFacts, knownPair, pairFacts } from '../../packages/checkpoints/dist/index.js';
import { tableMarkdown } from '../../packages/eval/dist/index.js';

const ddit = { hidden_size: 768, cond_dim: 128, length: 1024, n_blocks: 12, n_heads: 12 };
const sedd = (sizes) => ({
  tokens: 50257,
  graph: { type: 'absorb' },
  noise: { type: 'loglinear' },
  model: { type: 'ddit', scale_by_sigma: true, ...ddit, ...sizes },
});

/** `disk` in GB, as the Hub lists it, or the parameters of the config in 16 bits. */
const denoisers = [
  {
    name: 'mdlm',
    id: 'kuleshov-group/mdlm-no_flashattn-fp32-owt',
    options: 'tokenizer=openai-community/gpt2,sampler=ddpm-cache',
    disk: 0.679,
    config: {
      ...{ model_type: 'mdlm', vocab_size: 50258, hidden_dim: 768, cond_dim: 128, n_blocks: 12, n_heads: 12 },
      ...{ model_length: 1024, time_conditioning: false },
    },
  },
  {
    name: 'sedd-small',
    id: 'louaaron/sedd-small',
    options: 'tokenizer=openai-community/gpt2,sampler=analytic',
    // pytorch_model.bin, and what it is converted to in the cache.
    disk: 2 * 0.679,
    config: sedd({}),
  },
  {
    name: 'sedd-medium',
    id: 'louaaron/sedd-medium',
    options: 'tokenizer=openai-community/gpt2,sampler=analytic',
    disk: 2 * 1.7,
    config: sedd({ hidden_size: 1024, n_blocks: 24, n_heads: 16 }),
  },
  {
    name: 'diffullama',
    id: 'diffusionfamily/diffullama',
    options: 'family=diffullama,mask-id=811,sampler=random-keep',
    family: 'diffullama',
    config: {
      ...{ model_type: 'llama', vocab_size: 32000, hidden_size: 4096, intermediate_size: 11008 },
      ...{
        num_hidden_layers: 32,
        num_attention_heads: 32,
        rms_norm_eps: 1e-5,
        max_position_embeddings: 4096,
      },
    },
  },
  {
    name: 'llada',
    id: 'GSAI-ML/LLaDA-8B-Base',
    options: 'sampler=low-confidence,steps=32',
    disk: 16.03,
    config: {
      ...{ model_type: 'llada', d_model: 4096, embedding_size: 126464, vocab_size: 126464, n_layers: 32 },
      ...{ n_heads: 32, n_kv_heads: 32, mlp_hidden_size: 12288, max_sequence_length: 4096 },
      ...{ rope_theta: 500000, mask_token_id: 126336, activation_type: 'silu', block_type: 'llama' },
      ...{ layer_norm_type: 'rms', rope: true },
    },
  },
  {
    name: 'dream',
    id: 'Dream-org/Dream-v0-Base-7B',
    options: 'sampler=entropy,steps=32',
    config: {
      ...{ model_type: 'Dream', vocab_size: 152064, hidden_size: 3584, intermediate_size: 18944 },
      ...{ num_hidden_layers: 28, num_attention_heads: 28, num_key_value_heads: 4, rms_norm_eps: 1e-6 },
      ...{ rope_theta: 1e6, max_position_embeddings: 131072, mask_token_id: 151666 },
    },
  },
];

const gib = (bytes) => (bytes / 2 ** 30).toFixed(1);
const memoryOf = ({ memory }) => ['none', 'int8', 'int4'].map((scheme) => gib(memory[scheme]));

/** Markdown: a table and commands. */
export async function publishedSection() {
  const { ar, mlm } = knownPair('olmo-1b');
  const pair = await pairFacts(ar.config, mlm.config);
  const rows = [
    [
      `\`olmo-1b\`: ${ar.id} + ${mlm.id}`,
      ((pair.parameters.ar + pair.parameters.mlm) / 1e9).toFixed(2),
      ((ar.download + mlm.download) / 1e9).toFixed(1),
      ...memoryOf(pair),
    ],
    ...denoisers.map(({ id, config, family, disk }) => {
      const facts = denoiserFacts(config, family);
      const gigabytes = disk ?? (2 * facts.parameters) / 1e9;
      return [id, (facts.parameters / 1e9).toFixed(2), gigabytes.toFixed(1), ...memoryOf(facts)];
    }),
  ];
  const right = (name) => ({ name, align: 'right' });
  const columns = [
    { name: 'model' },
    ...['parameters (billion)', 'disk (GB)', 'float32 (GiB)', 'int8', 'int4'].map(right),
  ];
  // Ids are plain words here: nothing in them is markup.
  const table = tableMarkdown({ columns, rows }).replaceAll('\\_', '_').replaceAll('\\`', '`');
  const data = '--data tools/results/text/stories.txt --documents 24 --windows 1 --words 64';
  const commands = [
    `maria eval perplexity ${data} --model olmo-1b --system maria --system ar --system mlm --out published/olmo-1b`,
    ...denoisers.map(
      ({ name, id, options }) =>
        `maria eval perplexity ${data} --system ${name}=${id},${options} --quantize int8 --out published/${name}`,
    ),
    `maria eval report published/* --html -o published.html`,
  ];
  return `${table}\n\n\`\`\`sh\n${commands.join('\n')}\n\`\`\``;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  process.stdout.write(`${await publishedSection()}\n`);
