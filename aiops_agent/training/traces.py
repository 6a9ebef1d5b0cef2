"""Exceptions as each runtime prints them: frames, chains, and wrappers that say less than their cause."""

from collections.abc import Callable, Mapping
from random import Random

from aiops_agent.training.slots import fill, happens

WRAPPERS: Mapping[str, tuple[str, ...]] = {
    "java": (
        "java.lang.RuntimeException: {word} failed",
        "java.util.concurrent.ExecutionException: {jclass}",
        "org.springframework.beans.factory.BeanCreationException: Error creating bean with name '{word}{ident}'",
        "java.lang.IllegalStateException: Failed to execute CommandLineRunner",
        "org.springframework.web.util.NestedServletException: Request processing failed",
        "java.lang.reflect.InvocationTargetException",
        "java.util.concurrent.CompletionException: {jclass}",
        "com.acme.{word}.{ident}Exception: could not {fn} {word} {n}",
        "org.apache.kafka.connect.errors.ConnectException: Exiting WorkerSinkTask due to unrecoverable exception.",
        "org.apache.flink.runtime.JobException: Recovery is suppressed by NoRestartBackoffTimeStrategy",
    ),
    "python": (
        "RuntimeError: {fn} failed",
        "{pymod}.{ident}Error: could not {fn} {word} {n}",
        "celery.exceptions.Retry: Retry in {sec}s",
        "Exception: {word} step {n} failed",
        "airflow.exceptions.AirflowException: Task {word} failed",
    ),
    "node": ("Error: {fn} failed", "{ident}Error: Unable to {fn} {word}", "Error: Unhandled error in {word} worker"),
    "php": (
        "RuntimeException: Could not {fn} {word}",
        "App\\Exceptions\\{ident}Exception: {word} failed",
        "Exception: Job {word} failed",
    ),
    "ruby": ("RuntimeError: could not {fn} {word}", "{ident}::Error: {word} failed", "StandardError: job {n} failed"),
    "dotnet": (
        "System.AggregateException: One or more errors occurred.",
        "System.InvalidOperationException: An exception has been raised that is likely due to a transient failure.",
        "Acme.{ident}.{ident}Exception: {fn} failed for {word} {n}",
        "System.Reflection.TargetInvocationException: Exception has been thrown by the target of an invocation.",
        "System.TypeInitializationException: The type initializer for 'Acme.{ident}' threw an exception.",
    ),
    "go": (
        "{fn} {word}",
        "could not {fn} {word} {n}",
        "failed to {fn} {word}",
        "{word} controller",
        "reconcile {word}",
    ),
    "rust": ("failed to {fn} {word}", "could not {fn} {word}", "{word} task failed", "error in {word}"),
}


def render_trace(exception: str, runtime: str, random: Random) -> str:
    """Return the exception as its runtime prints it, wrapped in zero to two outer exceptions."""
    depth = random.choices((0, 1, 2), weights=(6, 3, 1))[0]
    chain = [fill(random.choice(WRAPPERS[runtime]), random) for _ in range(depth)]
    return PRINTERS[runtime]([*chain, exception], random)


def _java_frames(random: Random) -> str:
    lines = []
    for _ in range(random.randrange(1, 6)):
        place = random.choice(("{ident}.java:{n}", "{ident}.java:{n}", "Unknown Source", "Native Method"))
        package = random.choice(
            ("com.acme.{word}", "org.springframework.{word}", "java.base/java.util.{word}", "io.netty.channel")
        )
        jar = random.choice(("", "", " ~[{word}-{version}.jar:{version}]"))
        lines.append(fill(f"\tat {package}.{{ident}}.{{fn}}({place}){jar}", random))
    return "\n".join(lines)


def _java(chain: list[str], random: Random) -> str:
    if len(chain) > 1 and happens(random, 0.15):
        return "; nested exception is ".join(chain)
    if happens(random, 0.1):
        return "\nCaused by: ".join(chain)
    parts = [f"{exception}\n{_java_frames(random)}" for exception in chain]
    if happens(random, 0.5):
        parts[1:] = [f"{part}\n\t... {random.randrange(3, 60)} more" for part in parts[1:]]
    if happens(random, 0.3):
        parts[0] = 'Exception in thread "' + fill("{word}-{n}", random) + '" ' + parts[0]
    return "\nCaused by: ".join(parts)


def _python_trace(exception: str, random: Random) -> str:
    lines = ["Traceback (most recent call last):"]
    for _ in range(random.randrange(1, 5)):
        module = random.choice(("/app/{word}/{word}.py", "/usr/lib/python3.11/site-packages/{word}/{fn}.py", "<stdin>"))
        code = random.choice(
            ("return self.{fn}({key})", "result = {fn}(*args, **kwargs)", "raise value", "self.{fn}()")
        )
        lines.append(fill(f'  File "{module}", line {{n}}, in {{fn}}\n    {code}', random))
    return "\n".join([*lines, exception])


def _python(chain: list[str], random: Random) -> str:
    link = random.choice(
        (
            "\n\nDuring handling of the above exception, another exception occurred:\n\n",
            "\n\nThe above exception was the direct cause of the following exception:\n\n",
        )
    )
    if happens(random, 0.2):
        return chain[-1]
    return link.join(_python_trace(exception, random) for exception in reversed(chain))


def _node(chain: list[str], random: Random) -> str:
    frames = [fill("    at {ident}.{fn} (/app/src/{word}.js:{n}:{n})", random) for _ in range(random.randrange(0, 5))]
    frames += ["    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)"] * random.randrange(
        2
    )
    trace = "\n".join([chain[0], *frames])
    for cause in chain[1:]:
        trace += " {\n  [cause]: " + cause + fill("\n      at {fn} (node:internal/{word}:{n}:{n})\n", random) + "}"
    if len(chain) == 1 and frames and happens(random, 0.3):
        trace = (
            fill("/app/src/{word}.js:{n}\n        throw er; // Unhandled 'error' event\n        ^\n\n", random) + trace
        )
    return trace


def _php(chain: list[str], random: Random) -> str:
    place = fill("/var/www/{word}/src/{ident}.php", random)
    frames = "\n".join(
        fill(f"#{number} {place}({{n}}): {{ident}}->{{fn}}()", random) for number in range(random.randrange(1, 4))
    )
    innermost = chain[-1]
    if happens(random, 0.25):
        end = f"  thrown in {place} on line {random.randrange(900)}"
        return (
            f"PHP Fatal error:  Uncaught {innermost} in {place}:{random.randrange(900)}\nStack trace:\n{frames}\n{end}"
        )
    if happens(random, 0.35):
        name, _, message = innermost.partition(": ")
        object_ = f"[object] ({name}(code: 0): {message} at {place}:{random.randrange(900)})"
        return f'{message or name} {{"exception":"{object_}\n[stacktrace]\n{frames}\n"}}'
    if happens(random, 0.2):
        return f"{innermost} in {place} on line {random.randrange(900)}"
    if len(chain) > 1:
        return f"\n{frames}\n\nNext ".join(
            f"{exception} in {place}:{random.randrange(900)}\nStack trace:" for exception in reversed(chain)
        )
    return f"{innermost} in {place}:{random.randrange(900)}\nStack trace:\n{frames}\n#9 {{main}}"


def _ruby(chain: list[str], random: Random) -> str:
    frames = [fill("/srv/app/lib/{word}/{fn}.rb:{n}:in `{fn}'", random) for _ in range(random.randrange(1, 5))]
    name, _, message = chain[-1].partition(": ")
    if len(chain) == 1 and happens(random, 0.3):
        return f"{frames[0]}: {message or name} ({name})\n" + "\n".join(f"\tfrom {frame}" for frame in frames)
    if len(chain) == 1 and happens(random, 0.35):
        return f"{name} ({message or name}):\n  " + "\n  ".join(frames)
    if happens(random, 0.4):
        return "\nCaused by:\n".join(f"{exception}\n" + "\n".join(frames) for exception in chain)
    return chain[-1]


def _dotnet(chain: list[str], random: Random) -> str:
    frames = "\n".join(
        fill("   at Acme.{ident}.{fn}(String {word}) in /src/{ident}.cs:line {n}", random)
        for _ in range(random.randrange(1, 4))
    )
    if len(chain) == 1:
        return random.choice((f"{chain[0]}\n{frames}", f"Unhandled exception. {chain[0]}\n{frames}", chain[0]))
    return "\n ---> ".join(chain) + f"\n{frames}\n   --- End of inner exception stack trace ---\n{frames}"


def _go(chain: list[str], random: Random) -> str:
    message = ": ".join(chain)
    if happens(random, 0.2):
        return f'level=error msg="{chain[0] if len(chain) > 1 else fill("{fn} failed", random)}" err="{message}"'
    if happens(random, 0.12):
        return f'{{"level":"error","msg":"{fill("could not {fn} {word}", random)}","error":"{message}"}}'
    if happens(random, 0.15):
        return f"{message}\nexit status 1"
    return message


def _rust(chain: list[str], random: Random) -> str:
    if len(chain) > 1 and happens(random, 0.6):
        numbered = "\n".join(f"    {number}: {cause}" for number, cause in enumerate(chain[1:]))
        return f"Error: {chain[0]}\n\nCaused by:\n{numbered}"
    if happens(random, 0.5):
        return random.choice(("Error: ", "")) + ": ".join(chain)
    return (
        fill("thread 'main' panicked at src/{word}.rs:{n}:{n}:\ncalled `Result::unwrap()` on an `Err` value: ", random)
        + chain[-1]
    )


PRINTERS: Mapping[str, Callable[[list[str], Random], str]] = {
    "java": _java,
    "python": _python,
    "node": _node,
    "php": _php,
    "ruby": _ruby,
    "dotnet": _dotnet,
    "go": _go,
    "rust": _rust,
}
