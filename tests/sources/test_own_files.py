"""The agent's own files under a pattern are not read: it would report its own reports, and those again."""

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.sources.file import FileSource


def test_a16_reports_and_state_of_the_agent_are_not_read_whatever_the_pattern_names(tmp_path):
    for name in ("shop/app.log", "agent/reports/1.log", "agent/other.log", "agents.log"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("2026-11-22 10:00:00,123 ERROR [main] shop.Till - cannot charge\n")
    source = FileSource(
        [f"{tmp_path}/**/*.log"],
        service=None,
        start="beginning",
        seen_before=True,
        assembly=Assembly(),
        own=(f"{tmp_path}/agent",),
    )
    read = {batch.path.removeprefix(f"{tmp_path}/") for batch in source.read({})}
    assert read == {"shop/app.log", "agents.log"}
    assert not source.covers(f"{tmp_path}/agent/reports/1.log")
