"""Writes the kernels that ONNX Runtime's provider of CUDA has of the ops that maria's graphs are made of, as JSON to stdout:

    pip install onnxruntime-gpu==1.30.0
    python tools/cuda-kernels/list.py > test/cuda-kernels.json && npx biome format --write test/cuda-kernels.json

The libraries that the wheel loads (CUDA, and TensorRT, which its list asks too) have to be there, or those of tools/cuda-stand-in in their place:
nothing is computed with them.
"""
import json
import re
from pathlib import Path

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state

OPSET = 23
LOWERING = Path(__file__).parent / "../../packages/kernels/src/onnx"
TYPES = {"float": "float32"} | {t: t for t in ("float16", "bfloat16", "int8", "uint8", "int32", "int64", "bool")}


def named(types):
    """Of a list such as tensor(float) those that a graph of maria may have, by their names there."""
    inner = [re.fullmatch(r"tensor\((\w+)\)", t) for t in types]
    return sorted(TYPES[m[1]] for m in inner if m and m[1] in TYPES)


def schemas():
    """The newest schema of each op in the operator sets of the graphs."""
    newest = {}
    for schema in state.get_all_operator_schema():
        if schema.domain not in ("", "com.microsoft") or schema.since_version > OPSET:
            continue
        key = (schema.name, schema.domain)
        if key not in newest or newest[key].since_version < schema.since_version:
            newest[key] = schema
    return newest


def formal(parameters):
    """Names of type constraints, one a parameter; the last stands for all that follow where it ends in dots."""
    variadic = state.schemadef.OpSchema.FormalParameterOption.Variadic
    return [p.typeStr + ("..." if p.option == variadic else "") for p in parameters]


def fits(kernel, since):
    """As the library matches them: a range holds the version of the schema, or an open one begins with it."""
    first, last = kernel.version_range
    return first == since or (last != 2**31 - 1 and first <= since <= last)


def main():
    source = "".join(p.read_text() for p in LOWERING.rglob("*.ts") if ".test" not in p.name)
    used = set(re.findall(r"'([A-Z]\w+)'", source))
    kernels = [k for k in state.get_all_opkernel_def() if k.provider == "CUDAExecutionProvider"]
    ops = {}
    for (name, domain), schema in sorted(schemas().items()):
        if name not in used:
            continue
        only = {c.type_param_str: named(c.allowed_type_strs) for c in schema.type_constraints}
        inputs, outputs = formal(schema.inputs), formal(schema.outputs)
        ops[f"{domain}.{name}" if domain else name] = {
            "since": schema.since_version,
            "inputs": inputs,
            "outputs": outputs,
            # What an output is where no input tells.
            "gives": {t: only[t][0] for t in outputs if t in only and t not in inputs and len(only[t]) == 1},
            "kernels": [
                {constraint: named(types) for constraint, types in sorted(k.type_constraints.items())}
                for k in kernels
                if k.op_name == name and k.domain == domain and fits(k, schema.since_version)
            ],
        }
    for op in ops.values():
        op["kernels"] = [k for k in op["kernels"] if all(k.values())]
    commit = re.search(r"git-commit-id=(\w+)", onnxruntime.get_build_info())[1]
    print("{")
    print(f'"source": "onnxruntime-gpu {onnxruntime.__version__}, commit {commit}: what its Python module lists for operator set {OPSET}",')
    print('"ops": {')
    print(",\n".join(f"{json.dumps(name)}: {json.dumps(op)}" for name, op in ops.items()))
    print("}\n}")


main()
