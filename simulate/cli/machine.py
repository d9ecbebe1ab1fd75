"""The commands about the machine that the simulation runs on."""

from __future__ import annotations

import sys

import typer

from simulate.cli.options import Json, Threads
from simulate.cli.running import compile_first
from simulate.cli.writing import check_outputs, write_json
from simulate.errors import UserError

commands = typer.Typer()


@commands.command("bench")
def bench_command(threads: Threads = None, json_file: Json = None) -> None:
    """Throughput here, beside NumPy on the same work and beside the random stream alone.

    It takes about ten seconds, and a few more on the first use after installing. Ratios are
    of one thread beside one thread. Whatever else runs on the machine slows everything down.
    """
    check_outputs({"--json": json_file})
    from simulate.engine.warm import PEOPLE, STREAM
    from simulate.kernels.jit import compiles

    if not compiles():
        raise UserError("bench: NUMBA_DISABLE_JIT switches the compiler off; unset it first.")
    compile_first((PEOPLE, STREAM))
    if sys.stderr.isatty():
        print("Measuring for ten seconds …", file=sys.stderr, flush=True)
    from simulate.bench.throughput import measure_throughput

    measured = measure_throughput(threads)
    if json_file is not None:
        write_json(json_file, measured.to_dict())
    if json_file != "-":
        from simulate.report.throughput import show_throughput

        show_throughput(measured)


@commands.command("warmup")
def warmup_command(json_file: Json = None) -> None:
    """Compile all kernels now, so that no later run has to wait for it.

    For images and shared installs: whoever may write to the installed package runs it once,
    and all users of it have the compiled code. Otherwise it goes into the user's own cache,
    or where NUMBA_CACHE_DIR says. It serves processors of the same kind.
    """
    check_outputs({"--json": json_file})
    from simulate.engine.warm import warm_up

    done = warm_up()
    if json_file is not None:
        write_json(json_file, done.to_dict())
    if json_file != "-":
        anew, count = sum(kernel.anew for kernel in done.kernels), len(done.kernels)
        found = f"Compiled {anew} of {count} kernels in {done.seconds:.1f} s"
        found = found if anew else f"All {count} kernels were compiled already"
        print(f"{found}, for {done.processor} processors; they are in {', '.join(done.folders)}.")
