"""`python -m tests.chat.rewrite_golden` writes the reports of tests/golden/reports anew; git shows what changed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from aiops_agent.model.diagnosis import Citation
from aiops_agent.model.event import Severity
from aiops_agent.model.incident import Kind
from aiops_agent.model.message import Report, ReportKind
from tests.build import NOW, incident
from tests.chat.reports import COMPOSER, LOCALES, RESULTS, report

FOLDER = Path(__file__).parents[1] / "golden" / "reports"

TRACE = """java.lang.IllegalStateException: cannot take the lock /srv/shop/shop.lock
\tat com.shop.Store.open(Store.java:41)
\tat com.shop.Main.start(Main.java:17)
\tat com.shop.Main.main(Main.java:9)
Caused by: java.nio.file.FileAlreadyExistsException: /srv/shop/shop.lock
\tat java.base/sun.nio.fs.UnixException.translateToIOException(UnixException.java:94)
\tat java.base/sun.nio.fs.UnixException.rethrowAsIOException(UnixException.java:106)
\tat java.base/sun.nio.fs.UnixException.rethrowAsIOException(UnixException.java:111)
\tat java.base/sun.nio.fs.UnixFileSystemProvider.newByteChannel(UnixFileSystemProvider.java:218)
\tat java.base/java.nio.file.Files.newByteChannel(Files.java:380)
\tat java.base/java.nio.file.Files.createFile(Files.java:658)
\tat com.shop.Lock.take(Lock.java:23)
\tat com.shop.Store.open(Store.java:38)
\t... 2 more"""

STALE_LOCK = incident(
    title="Caused by: java.nio.file.FileAlreadyExistsException: /srv/shop/shop.lock",
    text=TRACE,
    source="/srv/shop/logs/shop.log",
    reason="mode_approve",
    occurrences=37,
    first_seen=NOW - timedelta(minutes=19),
    article="stale-lock-file",
)
ARTICLE = Citation("stale-lock-file", "A lock file left behind keeps a service from starting", 0.9, "clear-stale-lock")

UNSURE = incident(
    title="payment gateway said: <!channel> [refund](https://evil.example) ```",
    text="payment gateway said: <!channel> [refund](https://evil.example) ```\x1b[31m",
    category="upstream_unavailable",
    confidence=0.41,
    abstained=True,
    severity=Severity.CRITICAL,
    service=None,
    source="/var/log/syslog",
    reason="unsure",
)

LONG_LINE = incident(
    kind=Kind.AGENT,
    severity=Severity.WARNING,
    service=None,
    source="/srv/shop/logs/shop.log",
    title="long line: /srv/shop/logs/shop.log",
    text="a line of 104857600 bytes was cut to its first 65536",
    reason="notice",
)


def reports() -> Iterator[tuple[str, Report]]:
    """Yield every report that is kept, with its name."""
    stale_lock = {"incident": STALE_LOCK, "citation": ARTICLE}
    yield "found", report(incident=replace(STALE_LOCK, reason="no_playbook"), citation=ARTICLE)
    yield "found-unsure", report(incident=UNSURE, citation=None, playbook=None)
    yield "question", report(ReportKind.QUESTION, **stale_lock)
    for name, result in RESULTS.items():
        yield name, report(ReportKind.DONE, **stale_lock, result=result)
    yield "notice", report(ReportKind.NOTICE, incident=LONG_LINE, citation=None, playbook=None)


def files() -> Iterator[tuple[Path, str]]:
    """Yield every golden file and what it should hold."""
    for name, given in reports():
        for locale in LOCALES:
            message = COMPOSER.compose(given, locale)
            yield FOLDER / f"{name}.{locale}.txt", message.text
            yield FOLDER / f"{name}.{locale}.md", message.markdown


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, content in files():
        path.write_text(content, encoding="utf-8")
