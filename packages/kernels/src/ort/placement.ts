// Which nodes of a session the CPU computes in place of its device, and whether it may.
import { DeviceError } from '@maria/core';
import { type Device, deviceName } from '../device.js';
import { onCpu } from '../onnx/device-kernels.js';
import type { Handle } from './api-table.js';
import type { OrtRuntime } from './runtime.js';

/** Of a session: the nodes that the lowering leaves to the CPU are computed there, and the library notes where each is. */
export const placementSettings = {
  'session.name_based_layer_assignment': `cpu(${onCpu})`,
  'session.record_ep_graph_assignment_info': '1',
} as const;

interface PlacedNode {
  /** For example "WebGpuExecutionProvider". */
  readonly provider: string;
  readonly opType: string;
  readonly name: string;
}

/** @throws DeviceError when more than lengths and rotations would be computed on the CPU: slowly, and with copies in each run */
export function requireOnDevice(runtime: OrtRuntime, session: Handle<'Session'>, device: Device): void {
  const strays = placementOf(runtime, session).filter(
    ({ provider, opType, name }) =>
      provider === 'CPUExecutionProvider' && !name.startsWith(onCpu) && opType !== 'Shape',
  );
  if (strays.length === 0) return;
  const opTypes = [...new Set(strays.map(({ opType }) => opType))];
  throw new DeviceError(
    'device-lacks-kernels',
    `Cannot compute on ${deviceName(device)}: it has no kernel for ${opTypes.join(', ')} in the form that the model needs.`,
    { try: 'Compute on the CPU.', facts: { nodes: strays.map(({ name }) => name) } },
  );
}

function placementOf(runtime: OrtRuntime, session: Handle<'Session'>): PlacedNode[] {
  const { api, textAt } = runtime;
  return listAt(runtime, (list, count) => api.Session_GetEpGraphAssignmentInfo(session, list, count)).flatMap(
    (subgraph) => {
      const provider = textAt(api.EpAssignedSubgraph_GetEpName(subgraph));
      const nodes = listAt(runtime, (list, count) => api.EpAssignedSubgraph_GetNodes(subgraph, list, count));
      return nodes.map((node) => ({
        provider,
        opType: textAt(api.EpAssignedNode_GetOperatorType(node)),
        name: textAt(api.EpAssignedNode_GetName(node)),
      }));
    },
  );
}

/** The addresses in a list that a function gives with its length. */
function listAt(
  { pointerAt }: OrtRuntime,
  get: (list: BigUint64Array, count: BigUint64Array) => void,
): bigint[] {
  const list = new BigUint64Array(1);
  const count = new BigUint64Array(1);
  get(list, count);
  return Array.from({ length: Number(count[0]) }, (_, index) => pointerAt(list[0]!, index));
}
