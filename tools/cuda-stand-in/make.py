"""Makes the libraries that README.md tells of:  python3 make.py FOLDER_OF_THE_PROVIDER OUT"""
import re
import subprocess
import sys
from pathlib import Path

here = Path(__file__).parent
provider_folder, out = Path(sys.argv[1]), Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
provider = provider_folder / "libonnxruntime_providers_cuda.so"
tensorrt = provider_folder / "libonnxruntime_providers_tensorrt.so"


def undefined(library):
    """Functions that a library wants, by the library that it wants them of ("" where it does not say)."""
    listed = subprocess.run(["nm", "-D", "--undefined-only", library], capture_output=True, text=True, check=True).stdout
    wanted = {}
    for name, _, version in re.findall(r" U (\w+)(@(\S+))?", listed):
        wanted.setdefault(version, set()).add(name)
    return wanted


def build(soname, written, names):
    """One that has what is written in C, and of all other names a function that returns 0, which is success."""
    source = "".join((here / name).read_text() for name in written)
    own = set(re.findall(r"^FAKE\([^,]+, *(\w+)\)", source, re.M))
    rest = "".join(f"int {name}(void) {{ return 0; }}\n" for name in sorted(names - own))
    (out / "rest.c").write_text(rest)
    (out / "versions").write_text(f"{soname} {{ global: *; }};\n")
    command = ["gcc", "-shared", "-fPIC", "-O1", "-w", "-I/usr/local/cuda/include", "-I/usr/local/cuda-13.0/include"]
    files = [str(here / name) for name in written] + [str(out / "rest.c")]
    linked = [f"-Wl,-soname,{soname}", f"-Wl,--version-script={out / 'versions'}"]
    # Of libraries that are asked without a version, a version is no harm.
    subprocess.run([*command, *files, *linked, "-o", str(out / soname)], check=True)


wanted = undefined(provider)
build("libcudart.so.13", ["runtime.c"], wanted["libcudart.so.13"])
build("libcublas.so.13", ["blas.c"], wanted["libcublas.so.13"])
build("libcublasLt.so.13", ["blas-lt.c"], wanted["libcublasLt.so.13"])
build("libcurand.so.10", [], set())
# Fused attention for cards before compute capability 8 looks up the others by name.
by_name = {"cuGetErrorName", "cuFuncSetAttribute", "cuFuncSetCacheConfig", "cuLaunchKernel", "cuLaunchCooperativeKernel"}
by_name |= {f"cuLink{what}" for what in ("AddData_v2", "AddFile_v2", "Complete", "Create_v2", "Destroy")}
by_name |= {f"cuModule{what}" for what in ("GetFunction", "LoadData", "Unload")}
build("libcuda.so.1", ["driver.c"], by_name | {name for name in wanted[""] if re.match("cu[A-Z]", name)})
# Looked up by name when it is first needed.
symbols = re.findall(rb"\bcudnn[A-Z]\w{2,60}", provider.read_bytes())
names = {name.decode() for name in symbols if not name.endswith(b"_t")}
build("libcudnn.so.9", ["cudnn.c"], names | {"cudnnSetStream"})
of_tensorrt = undefined(tensorrt)[""]
build("libnvinfer.so.10", ["infer.c"], {name for name in of_tensorrt if re.match("createInfer|getInfer|getPlugin", name)})
build("libnvonnxparser.so.10", [], {name for name in of_tensorrt if name.startswith("createNvOnnx")})
for name in ("rest.c", "versions"):
    (out / name).unlink()
